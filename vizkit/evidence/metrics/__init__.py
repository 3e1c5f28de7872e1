"""Measures of a picture, one in each file; see `vizkit.evidence.metric.Metric`."""
