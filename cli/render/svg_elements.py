"""The few SVG elements that a chart is made of, as text; and how wide text is."""

from dataclasses import dataclass
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

FONT_FAMILY = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
# Shares of the font size. Of the named fonts the widest counts: a label may be narrower than its box, never wider.
_NARROW, _MIDDLE, _WIDE = 0.42, 0.66, 0.98
_NARROW_CHARACTERS = frozenset(" .,:;'|!()[]ijlftrI-")
_WIDE_CHARACTERS = frozenset("mwMW%@")
_BOLD = 1.1
_ASCENT, _DESCENT = 0.8, 0.25


class Point(NamedTuple):
    """In pixels of the page: x to the right, y downwards."""

    x: float
    y: float


@dataclass(frozen=True)
class Box:
    """A rectangle of the page, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "Box") -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def contains(self, other: "Box") -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def grown(self, margin: float) -> "Box":
        return Box(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)

    @classmethod
    def around(cls, centre: Point, radius: float) -> "Box":
        return cls(centre.x - radius, centre.y - radius, centre.x + radius, centre.y + radius)


def text_width(content: str, size: float, *, bold: bool = False) -> float:
    """In pixels, at most a little too wide."""
    return sum(map(_share, content)) * size * (_BOLD if bold else 1.0)


def clipped(content: str, width: float, size: float, *, bold: bool = False) -> str:
    """As much of the text as fits, with an ellipsis if something is missing."""
    if text_width(content, size, bold=bold) <= width:
        return content
    while content and text_width(content + "…", size, bold=bold) > width:
        content = content[:-1]
    return content + "…"


def wrapped(content: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """The text in lines, broken at spaces."""
    lines = [""]
    for word in content.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and text_width(longer, size, bold=bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def text_height(size: float) -> float:
    return (_ASCENT + _DESCENT) * size


def baseline(top: float, size: float) -> float:
    """The y at which text is to be written that begins at `top`."""
    return top + _ASCENT * size


def element(tag: str, content: str | None = None, /, **attributes: object) -> str:
    """`stroke_width=2` becomes `stroke-width="2"`; None leaves an attribute out. `content` is markup, not text."""
    written = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_printable(_written(value)))}"
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{written}/>" if content is None else f"<{tag}{written}>{content}</{tag}>"


def text(
    content: str,
    at: Point,
    size: float,
    *,
    fill: str,
    bold: bool = False,
    lead: str = "",
    anchor: str = "start",
    halo: str | None = None,
) -> str:
    """`at` is on the baseline. `lead` is written bold, before it. A `halo` of that colour keeps lines off the text."""
    strong = element("tspan", escaped(lead), font_weight="bold") + (" " if content else "") if lead else ""
    attributes = {
        "x": at.x,
        "y": at.y,
        "font_size": size,
        "font_weight": "bold" if bold else None,
        "text_anchor": anchor if anchor != "start" else None,
    }
    words = element("text", strong + escaped(content), **attributes, fill=fill)
    if halo is None:
        return words
    # Written twice: not every program that draws SVG knows `paint-order`, and the others would hide the text.
    outline = {"fill": halo, "stroke": halo, "stroke_width": 3, "stroke_linejoin": "round", "aria_hidden": "true"}
    return element("text", strong + escaped(content), **attributes, **outline) + words


def tooltip(content: str) -> str:
    """What a browser shows for the element that this stands in."""
    return element("title", escaped(content))


def escaped(content: str) -> str:
    """Foreign text as markup."""
    return escape(_printable(content))


def points(*corners: Point) -> str:
    return " ".join(f"{_written(x)},{_written(y)}" for x, y in corners)


def _printable(content: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in content)


def _share(character: str) -> float:
    if character in _NARROW_CHARACTERS:
        return _NARROW
    return _WIDE if character in _WIDE_CHARACTERS or not character.isascii() else _MIDDLE


def _written(value: object) -> str:
    """Tenths of a pixel are enough, and keep files small."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
