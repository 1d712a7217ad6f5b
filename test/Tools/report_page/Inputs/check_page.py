"""Reads a page as a browser would, and compares it with its report: every layer has a row, pictures are there, ids are
different, and nothing outside is referred to."""
import html.parser
import json
import pathlib
import re
import sys

report, text = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2]).read_text()


class Reader(html.parser.HTMLParser):
    void = {"meta", "link", "br", "img", "path", "use", "rect"}

    def __init__(self):
        super().__init__()
        self.open, self.tables, self.svgs, self.ids = [], [], 0, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        for key in ("src", "href", "xlink:href"):
            assert (attributes.get(key) or "#").startswith("#"), attributes
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.svgs += tag == "svg"
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        attributes = dict(attributes)
        assert (attributes.get("xlink:href") or "#").startswith("#"), attributes

    def handle_endtag(self, tag):
        if tag not in self.void:
            assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data


reader = Reader()
reader.feed(text)
assert not reader.open, reader.open
assert len(reader.ids) == len(set(reader.ids)), "an id occurs twice"
assert "url(http" not in text and "@import" not in text
*others, (head, *rows) = reader.tables
assert [row[0] for row in rows] == [layer["name"] for layer in report["layers"]], rows
for row, layer in zip(rows, report["layers"]):
    values = dict(zip(head, row))
    assert values["SQNR, dB"] == ("exact" if layer["sqnr_db"] is None else f"{layer['sqnr_db']:.2f}"), values
    assert values["clamped"] == str(layer.get("clamped_groups", "")), values
for head_of_gains, *gains in others:
    layers = {gain[0]: int(gain[1]) for gain in gains}
    wanted = [gain["name"] for layer in report["layers"] for gain in layer.get("gains", [])]
    assert layers == {name: wanted.count(name) for name in wanted}, (layers, wanted)
    print(f"gains of {', '.join(layers)}")
print(f"{len(rows)} rows, {reader.svgs} plots, columns: {', '.join(head)}")
