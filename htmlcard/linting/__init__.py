"""Looks for what is wrong with a card as it was drawn: clipped words, poor contrast, lost fonts.

`rules` has the table of what is looked for, `linter` draws and judges, the modules beside
it hold one kind of judgement each. Used by `htmlcard templates test`; `/render` never comes here.
"""
