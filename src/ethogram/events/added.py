"""What nobody said: properties that the door adds, and events that the tracker sends by itself."""

OF_THE_DOOR = frozenset(
    """
    bot internal browser browser_version os device_type referrer_class referrer_host click_id
    utm_source utm_medium utm_campaign utm_term utm_content utm_id value_base currency_base
    """.split()  # noqa: SIM905
)
"""Properties that cleaning adds, and clients seldom say themselves."""
OF_BOTH = frozenset(["host", "path", "country", "region", "city"])
"""Properties that both say."""

OF_THE_TRACKER = frozenset(
    """
    click dead_click engaged form impression rage_click scroll video web_vital
    """.split()  # noqa: SIM905
)
"""Events that the browser's tracker sends by itself, so that they say little of a way."""
