"""Template folder + params -> a finished `card.Document`.

`catalogue` finds and loads templates, `params` judges what a caller sent,
`workers` fills templates in outside this process, `document` joins the three.
Nothing is imported here: the worker process starts from this package and its
start-up time is that of its imports.
"""
