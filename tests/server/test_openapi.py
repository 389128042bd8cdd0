"""`/openapi.json` against the routes that are really there."""

from __future__ import annotations

from running import Site


async def test_openapi_covers_every_route_and_nothing_else(site: Site) -> None:
    """A description that lags behind the service is worse than none."""
    described = {
        (method.upper(), path)
        for path, item in (await site.get("/openapi.json")).json["paths"].items()
        for method in item
    }
    assert site.client.app is not None
    served = {
        (route.method, route.resource.canonical)
        for route in site.client.app.router.routes()
        if route.resource is not None
    }
    own_pages = {(method, path) for method, path in served if path.startswith("/pages/")}
    heads = {(method, path) for method, path in served if method == "HEAD"}
    assert described == served - own_pages - heads
    assert {("GET", path) for _, path in heads} <= served


async def test_operations_have_ids_of_their_own(site: Site) -> None:
    """Client generators make one function of each id."""
    paths = (await site.get("/openapi.json")).json["paths"]
    ids = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(ids) == len(set(ids))
    assert all(each.isidentifier() for each in ids)


async def test_refusals_are_described(site: Site) -> None:
    """Who writes a client must know that a picture is not all that may come."""
    paths = (await site.get("/openapi.json")).json["paths"]
    card = paths["/render/{template}"]
    assert {"304", "403", "404", "429"} <= card["get"]["responses"].keys()
    assert {"401", "422", "429"} <= card["post"]["responses"].keys()
    assert "401" in paths["/tags/{template}"]["get"]["responses"]
