"""A close look at a drawn card: what the lint judges. Nothing here is on the way of `/render`.

The card stands on the stage as for a screenshot. Scripts of ours list its texts and what it
loads, then dress it for further pictures: without its texts, the texts alone, and so on.
"""
