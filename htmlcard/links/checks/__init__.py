"""The rules of `check`, from what was fetched to findings with their mends. No I/O in here.

In reading order: `rule` (the table, `rules.toml`), `page` (one page as crawlers got it), `subject`
(all that was fetched), `taking` (what a platform takes), `findings` (asks the rules: `arrival`,
`addresses`, `bytes_sent`, `presence` with `picture_tags`, `values`, `sizes`, `images` with
`pixels`), `hits` and `mends` (what these answer), `merging` and `views` (the report), `guide` (the
table for people). `checking` next door fetches what is looked at here.
"""
