"""What `check` found: for people (`terminal`, `html`), for programs (`json`, `junit`, `sarif`).

`words` has what they say alike, `visible` makes strangers' text harmless, `thumbnails` their
pictures. Writers return text or bytes; files are the command line's business.
"""
