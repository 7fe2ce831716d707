"""PostHog's Python SDK: only its host and its project key are set. It prints what it could not deliver, one error a line."""

import sys

from posthog import Posthog

host, project_key = sys.argv[1:]
posthog = Posthog(project_key, host=host, on_error=lambda error, items: print(f"{error} ({len(items)} events)"))
posthog.capture("Order Completed", distinct_id="u-2", properties={"revenue": 12.5})
posthog.capture("Order Completed", distinct_id="u-3", properties={"revenue": 7})
posthog.shutdown()
