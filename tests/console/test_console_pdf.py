"""PDF documents that would run something when they are looked at, and those that would not."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import pytest
from console_pdfs import SCRIPT, packed_pdf
from console_samples import PDF, SCRIPTED_PDF
from console_visitor import Box, Visitor

from s3fixture.console.preview.pdf import objection

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OPENS = b"/OpenAction " + SCRIPT
GOES_TO = b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"  # as LaTeX writes it
LINK = b"/A<</S/URI/URI(https://example.org/)>>"


@pytest.mark.parametrize(
    "catalog",
    [
        OPENS,
        b"/OpenAction<</S/J#61vaScript/J#53(1)>>",
        b"/AA<</WC<</S/JavaScript/JS(1)>>>>",
        b"/Names<</JavaScript<</Names[(a) 9 0 R]>>>>",
        b"/Names<</EmbeddedFiles<</Names[(a) 9 0 R]>>>>",
        b"/AF[<</Type/Filespec/EF<</F 9 0 R>>/Subtype/EmbeddedFile>>]",
        b"/OpenAction<</S/Launch/F(/bin/sh)>>",
        b"/OpenAction<</S/SubmitForm/F(http://127.0.0.1/)>>",
        b"/OpenAction<</S/ImportData/F(x)>>",
        b"/OpenAction<</S/GoToR/F(x.pdf)>>",
        b"/OpenAction<</S/GoToE/T<<>>>>",
        b"/OpenAction<</S/Rendition/JS(1)>>",
        b"/OpenAction<</S/Named/N/Print>>",  # it opens the browser's dialog
        b"/Annots[<</Subtype/RichMedia>>]",
        b"/AcroForm<</XFA 9 0 R>>",
        b"/X 9 0 R/Y/ObjStm",  # a type to be referred to
    ],
)
def test_what_would_act_is_found_packed_and_in_the_clear(catalog: bytes) -> None:
    assert objection(packed_pdf(catalog))
    assert objection(packed_pdf(b"", clear=b"12 0 obj<<%b>>endobj\n" % catalog))


def test_the_reason_names_what_was_found() -> None:
    assert objection(packed_pdf(b"/OpenAction<</S/J#61vaScript>>")).endswith("(/JavaScript)")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dictionary": b"<</Type/ObjStm/N %(count)d/First %(first)d/Filter/AHx>>"}, "unusual"),
        ({"dictionary": b"<</Type/ObjStm/N 1/First 4/Filter[/ASCII85Decode/FlateDecode]>>"}, "unusual"),
        ({"dictionary": b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/DecodeParms 9 0 R>>"}, "unusual"),
        ({"dictionary": b"<</Type/ObjStm/N 1/First 4/Filter 9 0 R>>"}, "unusual"),
        ({"dictionary": b"<</Type/ObjStm/N 1/First 4>>", "encode": bytes}, "unusual"),
        ({"dictionary": b"<</Type/#4fbjStm/N 1/First 4/Filter/AHx>>"}, "unusual"),
        (
            {"dictionary": b"<</Type 9 0 R/N 1/First 4/Filter/AHx>>", "clear": b"9 0 obj/ObjStm endobj\n"},
            "unusual",
        ),
        (
            {"dictionary": b"<</N 1/First 4/Filter/LZWDecode>>"},
            "unusual",
        ),  # not every viewer asks for the type
        ({"dictionary": b"<</N 1/First 9 0 R/Filter/LZWDecode/Type/ObjStm>>"}, "unusual"),
        ({"start": b"\n10 0 obj<</Filter/AHx%\n", "dictionary": b"/Type/ObjStm/N 1/First 4>>"}, "unusual"),
        (
            {
                "start": b"\n10 0 obj <</Filter/AHx % 10 0 obj ",
                "dictionary": b"<<\n/Type/ObjStm/N 1/First 4>>",
            },
            "unusual",
        ),
        (
            {"start": b"\n10 0 obj <</Filter/AHx/X(\n", "dictionary": b"<<)/Type/ObjStm/N 1/First 4>>"},
            "unusual",
        ),
        ({"encode": lambda data: zlib.compress(data)[:-6]}, "cannot be unpacked"),
        ({"encode": lambda data: zlib.compress(data)[2:-4]}, "cannot be unpacked"),
        ({"encode": lambda data: zlib.compress(data + bytes(17 * 1024 * 1024))}, "cannot be unpacked"),
        ({"clear": b"trailer<</Encrypt 9 0 R>>\n"}, "encrypted"),
    ],
)
def test_what_cannot_be_looked_into_is_not_shown(changes: dict[str, Any], reason: str) -> None:
    assert reason in objection(packed_pdf(b"", **changes))


@pytest.mark.parametrize(
    "dictionary",
    [
        b"<< /Type /ObjStm /Length 9 0 R\n/N %(count)d\n/First %(first)d\n/Filter /FlateDecode\n>>\n",
        b"<</Extends 58 0 R/Filter[/FlateDecode]/First %(first)d/Length %(length)d/N 1/Type/ObjStm>>",
    ],
)
@pytest.mark.parametrize(
    "catalog", [b"", GOES_TO, LINK, b"/Outlines<</First 9 0 R>>/ViewerPreferences<</PrintScaling/None>>"]
)
def test_what_programs_write_is_shown(dictionary: bytes, catalog: bytes) -> None:
    assert objection(packed_pdf(catalog, dictionary=dictionary)) == ""
    assert objection(PDF) == ""


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        (b"/DecodeParms<</Columns 4/Predictor 12>>/ID[<0aF1>(0aF1)]/W[1 2 1]/X (1)>>stream\n", True),
        (
            b"/DecodeParms << /Colors 3 /Predictor 15 >> /ColorSpace [/ICCBased 7 0 R] >>\nstream\n",
            True,
        ),
        (b"/DecodeParms 9 0 R>>stream\n", False),
        (b"/DecodeParms[<</Predictor 12>>]>>stream\n", False),
        (b"/DecodeParms<</Predictor 12>>/X[[1]]>>stream\n", False),
        (b"/DecodeParms<</Predictor 12>>/X(>>stream", False),
        (b"/DecodeParms<</Predictor 12>>/X(\\)>>stream", False),
        (b"/DecodeParms<</Predictor 12>>/X%(\n)>>stream", False),
        (b"/DecodeParms<</Predictor 12>>>>endobj", False),
    ],
)
def test_parameters_of_filters_stand_in_dictionaries_that_end(parameters: bytes, shown: bool) -> None:
    assert (objection(packed_pdf(GOES_TO, clear=b"12 0 obj<<" + parameters)) == "") is shown


def test_streams_that_hold_no_objects_may_be_of_any_kind() -> None:
    pages = b"12 0 obj\n<</Length 9>>\nstream\nBT (1) Tj\nendstream\nendobj\n"
    pages += b"13 0 obj\n<</Length 30/Filter/FlateDecode>>\nstream\n%b\nendstream\nendobj\n" % zlib.compress(
        bytes(17 * 1024 * 1024)
    )
    assert objection(PDF + pages) == ""
    assert objection(packed_pdf(GOES_TO, clear=pages)) == ""


@pytest.mark.parametrize("document", [SCRIPTED_PDF, packed_pdf(OPENS)])
def test_neither_page_nor_bytes_are_given_out(visitor: Visitor, box: Box, document: bytes) -> None:
    box.s3.put_object(Bucket="data", Key="a.pdf", Body=document)
    text = visitor.get("/buckets/data/object", key="a.pdf").text
    assert "This PDF is not shown here, because it holds scripts, files or actions (/JavaScript)." in text
    assert "data-show-pdf" not in text
    refused = visitor.get("/buckets/data/pdf", key="a.pdf")
    assert refused.status_code == 415
    assert refused.content_type.startswith("text/html")
    assert visitor.get("/buckets/data/download", key="a.pdf").data == document


def predicted(data: bytes, columns: int = 8) -> bytes:
    """As differences between rows: PNG's predictor "up"."""
    data += b" " * (-len(data) % columns)
    above = bytes(columns) + data
    differences = bytes((new - old) % 256 for old, new in zip(above, data, strict=False))
    rows = (differences[at : at + columns] for at in range(0, len(data), columns))
    return zlib.compress(b"".join(b"\2" + row for row in rows))


# Each runs in Chromium's viewer, and hides what it runs in another way.
ATTACKS: dict[str, dict[str, Any]] = {
    "packed": {},
    "another filter": {
        "dictionary": b"<</Type/ObjStm/N %(count)d/First %(first)d/Length %(length)d/Filter/AHx>>",
        "encode": lambda data: data.hex().encode() + b">",
    },
    "a filter of a dictionary that was not closed": {
        "start": b"\n10 0 obj <</Filter/AHx\n8 0 obj\n",
        "dictionary": b"<</Type/ObjStm/N %(count)d/First %(first)d/Length %(length)d>>",
        "encode": lambda data: data.hex().encode() + b">",
    },
    "parameters of a dictionary that was not closed": {
        "start": b"\n10 0 obj <</Decode#50arms<</Predictor 12/Columns 8>>\n8 0 obj\n",
        "dictionary": b"<</Type/ObjStm/N %(count)d/First %(first)d/Length %(length)d/Filter/FlateDecode>>",
        "encode": predicted,
    },
    "an end that is damaged": {"encode": lambda data: zlib.compress(data)[:-4]},
}


@pytest.mark.parametrize("changes", ATTACKS.values(), ids=ATTACKS)
def test_what_runs_in_a_viewer_does_not_run_in_ours(
    browser: Browser, page: Page, box: Box, changes: dict[str, Any]
) -> None:
    """The attacks are real ones: opened outside the console, they run."""
    document = packed_pdf(OPENS, **changes)
    box.s3.put_object(Bucket="data", Key="attack.pdf", Body=document, ContentType="application/pdf")
    url = box.s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "attack.pdf"})
    outside = browser.new_page()
    with outside.expect_event("dialog", timeout=60_000) as dialog:
        outside.on("dialog", lambda shown: shown.dismiss())
        outside.goto(url)
    assert dialog.value.message == "ran"
    outside.close()
    page.goto(f"{box.console_url}/buckets/data/object?key=attack.pdf")
    page.get_by_text("This PDF is not shown here, because").wait_for()
    assert page.get_by_role("button", name="Show the PDF").count() == 0
