import pytest

from corpora.errors import SourceError
from corpora.records import Skipped
from corpora.xml import MAX_PROLOGUE_BYTES, check_prologue, find_root, parse_element, parse_record

LAUGHS = b'<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;">]><a>&m;</a>'
XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
PARAMETER = b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]><a/>'
HOSTILE = (LAUGHS, XXE, PARAMETER)


def encodings(data):
    text = data.decode()
    declared = f'<?xml version="1.0" encoding="iso-8859-1"?>{text}'.encode("iso-8859-1")
    marked = [text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("utf-32")]
    return [data, *marked, text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("utf-32-be"), declared]


@pytest.mark.parametrize("data", [variant for data in HOSTILE for variant in encodings(data)])
def test_entity_declarations_are_refused_in_every_encoding(data):
    with pytest.raises(SourceError, match=r"evil.xml: declares the entity"):
        check_prologue(data, "evil.xml")
    with pytest.raises(SourceError, match=r"evil.xml, record 3: declares the entity"):
        parse_element(data, "evil.xml", 3)


def test_a_doctype_that_names_an_external_dtd_is_fine_and_not_fetched(tmp_path):
    (tmp_path / "x.dtd").write_text('<!ENTITY nbsp "FETCHED">')
    data = f'<!DOCTYPE a SYSTEM "{tmp_path}/x.dtd"><a t="&nbsp;">p&nbsp;q</a>'.encode()
    check_prologue(data, "x.xml")
    element = parse_element(data, "x.xml", 1)
    assert (element.text, element.get("t")) == ("p\xa0q", "\xa0")


def test_a_prologue_is_refused_when_absurdly_long_also_with_the_declaration_behind_the_limit():
    data = b"<!--" + b" " * MAX_PROLOGUE_BYTES + b"-->" + XXE
    for check in (lambda: check_prologue(data, "x.xml"), lambda: check_prologue(data[:MAX_PROLOGUE_BYTES], "x.xml")):
        with pytest.raises(SourceError, match=f"no element within its first {MAX_PROLOGUE_BYTES:,} bytes"):
            check()
    with pytest.raises(SourceError, match="entit"):
        parse_element(data, "x.xml", 1)


def test_a_prologue_without_any_element_is_malformed():
    for head in (b"", b"<?xml version='1.0'?>", b"just words", b"\x00\x01\x02"):
        with pytest.raises(SourceError, match="not well-formed"):
            check_prologue(head, "x.xml")


def test_named_characters_become_characters_but_not_inside_cdata():
    data = b"<a>&alpha;&lt;&LT;&#946;<![CDATA[&alpha;]]></a>"
    assert parse_element(data, "x.xml", 1).text == "α<<β&alpha;"


def test_an_unknown_entity_is_named():
    with pytest.raises(SourceError, match=r"x.xml, record 2: uses the entity &mystery;, which neither"):
        parse_element(b'<!DOCTYPE a SYSTEM "y"><a>&mystery;</a>', "x.xml", 2)


def test_malformed_xml_names_file_record_and_line():
    with pytest.raises(SourceError, match=r"x.xml, record 7: is not well-formed XML: line 3 of the record, column"):
        parse_element(b"<a>\n<b>\n</c></a>", "x.xml", 7)
    skipped = parse_record(b"<a>\xff</a>", "x.xml", 8)
    assert isinstance(skipped, Skipped)
    assert (skipped.source, skipped.record) == ("x.xml", 8)
    assert skipped.reason.startswith("is not well-formed XML: line 1")


def test_depth_and_size_are_limited(monkeypatch):
    with pytest.raises(SourceError, match="depth"):
        parse_element(b"<a>" * 300 + b"</a>" * 300, "x.xml", 1)
    monkeypatch.setattr("corpora.xml.MAX_RECORD_BYTES", 10)
    with pytest.raises(SourceError, match="is longer than the 10 bytes that one record may have"):
        parse_element(b"<a>4567</a>", "x.xml", 1)


def test_encodings_are_read_as_declared():
    for encoding in ("iso-8859-1", "windows-1252", "utf-16", "gbk", "shift_jis"):
        text = "é" if encoding in ("iso-8859-1", "windows-1252") else "中"
        data = f'<?xml version="1.0" encoding="{encoding}"?><a>{text}</a>'.encode(encoding)
        assert parse_element(data, "x.xml", 1).text == text


@pytest.mark.parametrize("encoding", ["utf-7", "utf-16", "punycode", "zlib_codec", "hz", "unicode_escape", "nonsense"])
def test_an_encoding_that_is_unknown_or_contradicts_the_bytes_is_refused(encoding):
    data = f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode()
    with pytest.raises(SourceError, match=f"declares the encoding '{encoding}'"):
        check_prologue(data, "x.xml")
    with pytest.raises(SourceError, match=f"x.xml, record 1: declares the encoding '{encoding}'"):
        parse_element(data, "x.xml", 1)


def test_the_root_is_found_behind_comments_instructions_and_an_internal_subset():
    for start in (b"", b"<?xml version='1.0'?>\n<!-- <no/> --><?x <no/> ?>", b"<!DOCTYPE a [<!ELEMENT no ANY>]>\n"):
        root = find_root(start + b"<a>\xc3", "x.xml")
        assert (root.name, root.start) == ("a", len(start))
    root = find_root("<!--é--><a/>".encode("utf-16"), "x.xml")
    assert (root.name, root.start) == ("a", len("<!--é-->".encode()))


def test_many_unclosed_comments_around_an_entity_take_no_time():
    for opened in (b"<!--", b"<![CDATA[", b"<?"):
        with pytest.raises(SourceError, match="not well-formed"):
            parse_element(b"<a>&nbsp;" + opened * 500_000 + b"&nbsp;", "x.xml", 1)
