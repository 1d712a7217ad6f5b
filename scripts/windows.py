#!/usr/bin/env python3
"""Makes calibration and evaluation windows of tokens from a text.

    python windows.py CHECKPOINT TEXT OUTDIR [--tokens 1024] [--calibration 114] [--evaluation 77] [--special-tokens]

CHECKPOINT is a folder with tokenizer.json; TEXT is a plain text file, or a folder of HTML files, whose prose is taken.
The text is cut into windows of so many tokens, one after the other, what is left at its end dropped. No token is added, but --special-tokens puts those
that the tokenizer has for a text at both ends of each window ([CLS] and [SEP]), which are counted. Writes
  OUTDIR/calibration.npy  the first windows, int64, windows x tokens
  OUTDIR/evaluation.npy   the last ones; what lies between the two is not used
"""
import argparse
import html.parser
import pathlib

import numpy as np
from tokenizers import Tokenizer

MIN_CHARACTERS = 80  # shorter paragraphs are captions and menus
SENTENCE_ENDS = tuple(".!?:)\"'”’")


class Prose(html.parser.HTMLParser):
    """Collects the paragraphs of a page that are sentences: no listings, tables, headings or lists' labels."""

    DROPPED = {"pre", "script", "style", "table", "code-block", "head"}
    BREAKS = {"div", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "blockquote"}

    def __init__(self):
        super().__init__()
        self.depth_dropped = 0
        self.pieces = None  # of the open paragraph
        self.paragraphs = []

    def end_paragraph(self):
        text = " ".join("".join(self.pieces or []).split())
        self.pieces = None
        if len(text) >= MIN_CHARACTERS and text.endswith(SENTENCE_ENDS):
            self.paragraphs.append(text)

    def handle_starttag(self, tag, attrs):
        self.depth_dropped += tag in self.DROPPED
        if tag == "p" or (tag == "div" and dict(attrs).get("class") == "para"):
            self.end_paragraph()
            self.pieces = []
        elif tag in self.BREAKS and self.pieces is not None:
            self.end_paragraph()

    def handle_endtag(self, tag):
        self.depth_dropped -= tag in self.DROPPED
        if tag in ("p", "div") and self.pieces is not None:
            self.end_paragraph()

    def handle_data(self, data):
        if self.pieces is not None and self.depth_dropped <= 0:
            self.pieces.append(data)


def read_prose(folder):
    """The paragraphs of all pages in the order of their names, each once."""
    paragraphs = {}
    pages = sorted(folder.glob("*.html"))
    if not pages:
        raise SystemExit(f"{folder}: has no *.html")
    for page in pages:
        prose = Prose()
        prose.feed(page.read_text(encoding="utf-8", errors="replace"))
        prose.end_paragraph()
        paragraphs.update(dict.fromkeys(prose.paragraphs))
    return "".join(f"{paragraph}\n\n" for paragraph in paragraphs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("outdir", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--calibration", type=int, default=114)
    parser.add_argument("--evaluation", type=int, default=77)
    parser.add_argument("--special-tokens", action="store_true")
    args = parser.parse_args()
    text = read_prose(args.text) if args.text.is_dir() else args.text.read_text(encoding="utf-8")
    tokenizer = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokens = np.asarray(tokenizer.encode(text, add_special_tokens=False).ids, np.int64)
    special = tokenizer.encode("").ids if args.special_tokens else []
    if len(special) not in (0, 2):
        raise SystemExit(f"{args.checkpoint}: the tokenizer adds {len(special)} special tokens, want one at each end")
    length = args.tokens - len(special)  # of the text, in a window
    windows = tokens[:len(tokens) // length * length].reshape(-1, length)
    if len(windows) < args.calibration + args.evaluation:
        raise SystemExit(f"{args.text}: {len(tokens)} tokens are {len(windows)} windows of {length}, want {args.calibration} + "
                         f"{args.evaluation}; --calibration and --evaluation say how many")
    split = {"calibration": windows[:args.calibration], "evaluation": windows[len(windows) - args.evaluation:]}
    args.outdir.mkdir(parents=True, exist_ok=True)
    for name, part in split.items():
        begin, end = (np.full((len(part), 1), token) for token in special) if special else (part[:, :0], part[:, :0])
        np.save(args.outdir / f"{name}.npy", np.hstack([begin, part, end]))
    print(f"{args.text}: {len(text.encode())} bytes, {len(tokens)} tokens -> {args.calibration} windows to calibrate, "
          f"{args.evaluation} to evaluate, of {args.tokens}")


if __name__ == "__main__":
    main()
