"""The parameters of addresses that say where somebody came from, or who somebody is.

The names are those that the advertising and mail services document for their own links.
"""

CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id")
"""Google's campaign parameters; they become properties."""

ADVERTS = frozenset(
    """
    gclid gclsrc gbraid wbraid dclid msclkid yclid ttclid twclid li_fat_id rdt_cid sccid epik
    irclickid obclid tblci vmcid wickedid
    """.split()  # noqa: SIM905
)
"""What a service adds to the address behind a paid advertisement."""

CLICKS = ADVERTS | {"fbclid", "igshid", "igsh", "srsltid"}
"""What a service adds to any address that is followed from it; the first becomes ``click_id``."""

TRACKING = CLICKS | frozenset(
    """
    mc_cid mc_eid _hsenc _hsmi __hssc __hstc __hsfp hsctatracking mkt_tok vero_id vero_conv
    oly_anon_id oly_enc_id _kx ck_subscriber_id ml_subscriber ml_subscriber_hash dm_i s_cid
    _ga _gl gad_source gad_campaignid _openstat yadclid ysclid _branch_match_id _branch_referrer
    matomo_campaign mtm_campaign mtm_source mtm_medium mtm_keyword mtm_content mtm_cid pk_campaign
    pk_kwd pk_keyword piwik_campaign
    """.split()  # noqa: SIM905
)
"""What says nothing of the page; whatever begins with ``utm_`` neither."""

SECRETS = frozenset(
    """
    accesskey accesstoken apikey auth authkey authorization authtoken bearer clientsecret credential
    credentials csrf csrftoken customerid idtoken jsessionid jwt login nickname onetimecode otp pass
    passcode passphrase passwd phpsessid pwd refreshtoken resettoken samlresponse secret session
    sessionid sessiontoken sid sig signature ticket token useremail userid xsrftoken
    """.split()  # noqa: SIM905
)
"""What lets somebody in or says who it is, beside what the detectors know; letters alone count."""

ENDINGS = ("token", "password", "passwd", "secret")
"""How the names of others of these end."""
