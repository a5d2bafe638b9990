"""Which way somebody came, by the campaign that the address of the page names."""

from collections.abc import Mapping

from ethogram.collect.cleaning.addresses import Address
from ethogram.collect.cleaning.hosts import kind_of

_MEDIA: Mapping[str, str] = {
    name: kind
    for kind, names in {
        "ads": "cpc ppc cpm cpv cpa cpp paid paidsearch paid_search paid-search paidsocial"
        " paid_social paid-social sem display banner retargeting remarketing affiliate affiliates"
        " native programmatic ads ad",
        "email": "email e-mail e_mail mail newsletter",
        "social": "social social-network social-media social_media sm",
    }.items()
    for name in names.split()
}


def way(page: Address) -> str:
    """``ads``, ``email``, ``social``, ``ai`` or ``search``; empty where the address names none.

    What a service adds behind a paid advertisement counts first, then ``utm_medium``, then
    ``utm_source`` where that is a host.
    """
    if page.advert:
        return "ads"
    if not page.campaign:
        return ""
    said = dict(page.campaign)
    source = said.get("utm_source", "").lower()
    medium = _MEDIA.get(said.get("utm_medium", "").lower(), "")
    return medium or (kind_of(source) if "." in source else "")
