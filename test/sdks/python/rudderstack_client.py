"""RudderStack's Python SDK: only its data plane and its write key are set. It has no call for audience lists."""

import sys

import rudderstack.analytics as rudder_analytics

rudder_analytics.dataPlaneUrl, rudder_analytics.write_key = sys.argv[1:]
lost = []
rudder_analytics.on_error = lambda error, items: lost.append(error)

rudder_analytics.identify("u-2", {"plan": "beta"})
rudder_analytics.track("u-2", "Order Completed", {"revenue": 12.5, "plan": "beta"})
rudder_analytics.track("u-3", "Order Completed", {"value": 7})
rudder_analytics.flush()
rudder_analytics.shutdown()
sys.exit(f"The SDK gave up: {lost}" if lost else 0)
