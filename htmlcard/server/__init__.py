"""HTTP: routes, middlewares, problems and handlers. No drawing happens here."""
