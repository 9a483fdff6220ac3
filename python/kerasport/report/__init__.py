"""The report of a training: `report.json` for programs, `report.html` and plots for people."""

from kerasport.report.choice import LISTED, lowest_recall
from kerasport.report.document import html_document
from kerasport.report.markup import without_folder
from kerasport.report.page import render_page
from kerasport.report.plots import write_plots
from kerasport.report.report import Report
from kerasport.report.run_report import report_on

__all__ = [
    "LISTED",
    "Report",
    "html_document",
    "lowest_recall",
    "render_page",
    "report_on",
    "without_folder",
    "write_plots",
]
