"""Picture in, picture out: the only door to Pillow and numpy.

`probe` judges what a browser sent, `budget` brings it under the byte budget,
`fallback` and `brand` draw the pictures that need no browser. Everything is
synchronous and thread-safe; what to draw when is the business of `renderer`.
"""
