"""Whole sites: which pages there are, each of them checked once, and what is new since last time.

In reading order: `audited_site` (what to look at: `site_pages` and `sitemaps` of a site, or a built
`folder` with its `base_url`), `shared_web` (what pages share is fetched once), `audit` (all pages),
`audit_summary` and `baseline` (what comes of it), `audit_page` (the summary as HTML).
"""
