"""`moothall work`: feeds, sealing and all that recurs."""


def work() -> None:
    """Run the feeds, seal the lake, send what waits; any number of these may run."""
    from moothall.site.work import main

    main()
