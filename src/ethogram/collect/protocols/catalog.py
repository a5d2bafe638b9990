"""Every dialect, by the path of its door."""

from collections.abc import Mapping

from ethogram.collect.protocols.amplitude import Amplitude
from ethogram.collect.protocols.cloudevents import CloudEvents
from ethogram.collect.protocols.dialect import Dialect
from ethogram.collect.protocols.ga4 import GoogleAnalytics
from ethogram.collect.protocols.matomo import Matomo
from ethogram.collect.protocols.mixpanel import Mixpanel
from ethogram.collect.protocols.native import Native
from ethogram.collect.protocols.otlp import OpenTelemetry
from ethogram.collect.protocols.posthog import PostHog
from ethogram.collect.protocols.rudderstack import RudderStack
from ethogram.collect.protocols.segment import Segment
from ethogram.collect.protocols.snowplow import Snowplow

EVENTS = "/v1/events"
DIALECTS: Mapping[str, Dialect] = {
    EVENTS: Native(),
    "/segment/": Segment(),
    "/rudderstack/": RudderStack(),
    "/cloudevents/": CloudEvents(),
    "/otlp/": OpenTelemetry(),
    "/ga4/": GoogleAnalytics(),
    "/matomo/": Matomo(),
    "/mixpanel/": Mixpanel(),
    "/posthog/": PostHog(),
    "/amplitude/": Amplitude(),
    "/snowplow/": Snowplow(),
}
"""One that ends with a slash stands for all that begin with it."""
BY_NAME: Mapping[str, Dialect] = {dialect.name: dialect for dialect in DIALECTS.values()}
