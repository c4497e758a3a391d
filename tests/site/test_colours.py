"""Dark: one stored picture, recoloured, in which red stays red; what is drawn stands out from the page."""

import base64
import colorsys
import io
import math
from collections import Counter

import numpy as np
import pytest
from course_book import notebook
from PIL import Image

from tests.browser import PAGES, ROOT

LEAST = 0.0008  # of a picture's pixels: what is a dot in it or more
TURNED = 20  # degrees
# Puts a picture into a page as if a cell had drawn it, at its own size.
SHOW = """([source, width]) => {
  const output = document.createElement("div"), image = document.createElement("img");
  output.className = "cell_output";
  image.src = source;
  image.style.cssText = `position: fixed; inset: 0 auto auto 0; z-index: 9999; max-width: none; width: ${width}px`;
  output.append(image);
  document.querySelector("article").prepend(output);
  return image.decode();
}"""


def linear(colour):
    c = np.asarray(colour) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def oklch(colour):
    """Return chroma and hue, in degrees, as Oklab has them."""
    cone = np.cbrt(np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                             [0.0883024619, 0.2817188376, 0.6299787005]]) @ linear(colour))
    a, b = np.array([[1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]]) @ cone
    return math.hypot(a, b), math.degrees(math.atan2(b, a))


def contrast(one, other):
    light, dark = sorted((linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def apart(one, other):
    return abs((one - other + 180) % 360 - 180)


def colours():
    """Return the colours, greys apart, of all stored pictures that the dark recolours."""
    found = Counter()
    for page in PAGES:
        for cell in notebook.read(ROOT / f"{page}.ipynb").cells if page.startswith("notebooks/") else ():
            if "bare" in cell.metadata.get("mystnb", {}).get("image", {}).get("classes", ""):
                continue
            for output in cell.get("outputs", []):
                if png := output.get("data", {}).get("image/png"):
                    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
                    found.update(colour for count, colour in picture.getcolors(1 << 24)
                                 if count > LEAST * picture.width * picture.height and oklch(colour)[0] > 0.03)
    return list(found)


def recoloured(tab, given):
    """Return what a page makes of colours in a picture, and the colour of the page."""
    picture = Image.new("RGB", (4 * len(given), 4))
    for at, colour in enumerate(given):
        picture.paste(colour, (4 * at, 0, 4 * at + 4, 4))
    out = io.BytesIO()
    picture.save(out, "PNG")
    tab.set_viewport_size({"width": max(1280, picture.width), "height": 900})
    tab.evaluate(SHOW, [f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}", picture.width])
    shown = Image.open(io.BytesIO(tab.screenshot(clip={"x": 0, "y": 0, "width": picture.width, "height": 4})))
    page = tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    return [shown.convert("RGB").getpixel((4 * at + 2, 2)) for at in range(len(given))], page


@pytest.mark.wide
def test_the_dark_keeps_the_hues_of_the_pictures_and_the_contrast_of_their_text(visit):
    given = colours()
    assert len(given) > 50
    tab, _ = visit("notebooks/01_motivation", scheme="dark")
    shown, page = recoloured(tab, [*given, (0, 0, 0), (255, 255, 255)])
    *shown, text, ground = shown
    turned = [(one, other) for one, other in zip(given, shown, strict=True)
              if apart(oklch(one)[1], oklch(other)[1]) > TURNED
              or apart(*(360 * colorsys.rgb_to_hls(*(np.array(c) / 255))[0] for c in (one, other))) > TURNED]
    assert turned == []
    assert contrast(text, page) > 7 and max(abs(a - b) for a, b in zip(ground, page, strict=True)) < 6
    # What is dark enough to write with on white can be read on the dark page too.
    assert [one for one, other in zip(given, shown, strict=True)
            if contrast(one, (255, 255, 255)) >= 4.5 > contrast(other, page)] == []
