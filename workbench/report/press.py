"""The process that lays a page out on paper: confined before it reads a word, for what is quoted there is hostile."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

from backends.process.confinement import confine

MEMORY = 4 << 30
"""Bytes that it may take."""


def main() -> None:
    """Take an order (a line of JSON) and a page from standard input, and give its PDF on standard output."""
    order = json.loads(sys.stdin.buffer.readline())
    page = sys.stdin.buffer.read().decode()
    folder, fonts = Path(order["folder"]), Path(order["fonts"])
    confine(readable=[fonts], writable=[folder], memory_limit=MEMORY, device=False)
    import plutoprint

    class Nothing(plutoprint.ResourceFetcher):
        """A page of the workbench's holds all that it shows."""

        def fetch_url(self, url: str) -> NoReturn:
            raise plutoprint.Error("a page fetches nothing")

    plutoprint.plutobook_set_fontconfig_path(str(folder))
    book = plutoprint.Book(plutoprint.PAGE_SIZE_A4, media=plutoprint.MEDIA_TYPE_PRINT)
    book.custom_resource_fetcher = Nothing()
    book.load_html(page, base_url="about:page")
    for name, text in (("TITLE", order["title"]), ("CREATOR", "Audit Workbench"), ("CREATION_DATE", order["made"]),
                       ("MODIFICATION_DATE", order["made"])):  # fmt: skip
        book.set_metadata(getattr(plutoprint, f"PDF_METADATA_{name}"), text)
    book.write_to_pdf_stream(sys.stdout.buffer)
    sys.stdout.buffer.flush()
