"""Productions, run by Prefect: one flow, one task per request. The only place that knows Prefect."""
