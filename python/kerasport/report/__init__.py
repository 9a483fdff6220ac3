"""The report of a training: `report.json` for programs, `report.html` and plots for people."""

from kerasport.report.report import Report

__all__ = ["Report"]
