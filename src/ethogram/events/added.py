"""The properties that the door adds by itself, where an event does not have them; see cleaning."""

OF_THE_DOOR = frozenset(
    """
    bot internal browser browser_version os device_type referrer_class referrer_host click_id
    utm_source utm_medium utm_campaign utm_term utm_content utm_id value_base currency_base
    """.split()  # noqa: SIM905
)
"""What clients seldom say themselves."""
OF_BOTH = frozenset(["host", "path", "country", "region", "city"])
"""What they say as well."""
