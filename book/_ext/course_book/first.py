"""The first page: a canvas to draw on, what the model answers, cards of the chapters, and one line of proof.

Everything is written before the build and stands on the page without a script: a 7 that a ghost has drawn, and the
numbers that the model gives it. ``book/_static/first.js`` goes on from there. Only plain Python and Pillow are at hand
here: an environment for the book alone has no NumPy.
"""

import base64
import io
import itertools
import json
import math
import struct
from html import escape
from pathlib import Path

from PIL import Image, ImageChops

from . import figures
from .notebook import read

CONSTANTS = json.loads((Path(__file__).resolve().parents[3] / "helpers" / "interactive" / "constants.json").read_text())
# The ghost's 7 lies where MNIST's frame would put it, (column, row).
SIDE, PEN_RADIUS, STROKE = (CONSTANTS[name] for name in ("SIDE", "PEN_RADIUS", "STROKE"))
GHOST = 7
# What first.js takes over from the script of `DrawADigit`, and from what all figures share.
SHARED = ("SIDE", "PEN_RADIUS", "STROKE", "bars", "button", "bytes", "followKeys", "followStrokes", "frame", "ink",
          "make", "paintGrey", "pixelRuns", "scores", "show", "signed", "softmax", "speaker", "unpackModel")
WORDS = {
    "en": {"invite": "Draw a digit", "score": "score of", "weights": "weights of", "probability": "softmax: a",
           "loss": "loss, if it is a", "trained": "how it was trained", "right": "% of the test digits right",
           "chapter": "chapter",
           "legend": "Under your strokes: red pixels speak for the winner, blue ones against it. Their sum is its "
                     "score.",
           "picture": "A 7, 28 by 28 pixels", "pixels": "The weights as 28 by 28 pixels, red above zero, blue below",
           "start": "Start with", "minutes": "min", "one_page": "The whole model on one page",
           "mnist": "Uses MNIST.", "gpu": "A GPU helps.", "bars": "ten probabilities", "aria": "Draw a digit"},
    "vi": {"invite": "Hãy vẽ một chữ số", "score": "điểm số của", "weights": "trọng số của",
           "probability": "softmax: a", "loss": "mất mát, nếu đó là", "trained": "cách huấn luyện",
           "right": "% chữ số kiểm tra đúng", "chapter": "chương",
           "legend": "Dưới nét vẽ: điểm ảnh đỏ ủng hộ chữ số thắng, điểm ảnh xanh chống lại. Tổng của chúng là "
                     "điểm số.",
           "picture": "Một chữ số 7, 28 nhân 28 điểm ảnh",
           "pixels": "Các trọng số dưới dạng 28 nhân 28 điểm ảnh, đỏ là dương, xanh là âm",
           "start": "Bắt đầu với", "minutes": "phút", "one_page": "Cả mô hình trên một trang",
           "mnist": "Dùng MNIST.", "gpu": "Nên có GPU.", "bars": "mười xác suất", "aria": "Hãy vẽ một chữ số"},
}
PROOF = {
    "en": ("**{} check cells** in the notebooks assert what the text around them claims; every test of the course runs "
           "them.", "Of **{} errors planted** in its code on purpose, **{} were noticed** (last on {})."),
    "vi": ("**{} ô kiểm tra** trong các sổ tay khẳng định lại điều mà phần văn bản quanh chúng nói; mỗi lần kiểm thử "
           "khóa học đều chạy chúng.", "Trong **{} lỗi cài vào mã** một cách cố ý, **{} lỗi đã bị phát hiện** (lần "
           "cuối ngày {})."),
}
CARD = (400, 225)  # pixels of a thumbnail, shown at half of that


# What the model says of the ghost's 7.


def ghost():
    """Return the ghost's 7 as 784 grey values, drawn by the rule of `ink` in draw_a_digit.js."""
    pixels = [0] * SIDE ** 2
    for (x0, y0), (x1, y1) in itertools.pairwise(STROKE):
        dx, dy = x1 - x0, y1 - y0
        for n, old in enumerate(pixels):
            x, y = n % SIDE + 0.5 - x0, n // SIDE + 0.5 - y0
            along = min(1, max(0, (x * dx + y * dy) / (dx * dx + dy * dy)))
            distance = math.hypot(x - along * dx, y - along * dy)
            pixels[n] = max(old, math.floor(255 * min(1, max(0, PEN_RADIUS + 0.5 - distance)) + 0.5))
    return pixels


def stored(root):
    """Return the stored model, and its weights and biases as one list of 7850 numbers."""
    model = json.loads((root / "helpers" / "slides_model.json").read_text(encoding="utf-8"))
    return model, struct.unpack("<7850e", base64.b64decode(model["weights"]))


def answer(numbers, pixels):
    """Return the ten probabilities, and what adds up to the score of the largest: red, blue, and the bias."""
    parts = [[numbers[784 * c + n] * grey / 255 for n, grey in enumerate(pixels)] for c in range(10)]
    scores = [sum(part) + numbers[7840 + c] for c, part in enumerate(parts)]
    powers = [math.exp(z - max(scores)) for z in scores]
    winner = scores.index(max(scores))
    return ([power / sum(powers) for power in powers],
            (sum(p for p in parts[winner] if p > 0), sum(p for p in parts[winner] if p < 0), numbers[7840 + winner]))


def picture(pixels):
    """Return a picture of 28 by 28 as a data URL; a pixel is a grey value, or red, green and blue."""
    image = Image.new("L" if isinstance(pixels[0], int) else "RGB", (SIDE, SIDE))
    image.putdata(pixels)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def weights_picture(row):
    """Return the weights of one digit in red, white and blue, as first.js colours them."""
    top = max(map(abs, row))

    def colour(weight):
        share, tint = abs(weight) / top, (226, 74, 68) if weight > 0 else (66, 126, 214)
        return tuple(round(255 + share * (value - 255)) for value in tint)

    return picture([colour(weight) for weight in row])


def signed(value, digits=2):
    """Write a number with a sign that is as wide as a plus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def bars(a, label):
    """Return ten bars as `bars` of draw_a_digit.js draws them."""
    winner = a.index(max(a))
    rows = "".join(
        f'<g transform="translate(0 {28 * digit})" font-weight="{700 if digit == winner else 400}">'
        f'<text x="10" y="19" text-anchor="middle">{digit}</text><rect x="24" y="4" height="20" fill="var(--c3)" '
        f'width="{160 * value:.2f}" fill-opacity="{1 if digit == winner else 0.5}"></rect>'
        f'<text y="19" x="{30 + 160 * value:.2f}">{value:.3f}</text></g>' for digit, value in enumerate(a))
    told = ", ".join(f"{digit}: {value:.3f}" for digit, value in enumerate(a))
    return (f'<svg class="bars" viewBox="0 0 236 280" width="236" height="280" role="img" aria-label="{label}: {told}">'
            f'<line x1="24" x2="24" y1="2" y2="278" stroke="currentColor"></line>{rows}</svg>')


def screen(root, road, language="en"):
    """Return the first screen: the ghost's 7, ten bars, and five links with a number each. No line of it is empty."""
    words, (model, numbers) = WORDS[language], stored(root)
    pixels = ghost()
    a, (red, blue, bias) = answer(numbers, pixels)
    page = {c.number: f"../{c.page}.html" for c in road}

    def part(name, chapter, label, value, more=""):
        return (f'<a class="first-part" data-part="{name}" href="{page[chapter]}"><span class="first-name">{label}'
                f'</span> <span class="first-value">{value}</span>{more}'
                f'<span class="first-chapter">{words["chapter"]} {chapter}</span></a>')

    digit = f'<b class="first-digit">{GHOST}</b>'
    total = (f'<span class="first-red">{signed(red)}</span> <span class="first-blue">{signed(blue)}</span> '
             f'<span class="first-bias">{signed(bias)}</span> = <b class="first-sum">'
             f'{signed(red + blue + bias).lstrip("+")}</b>')
    shown = (f'<img class="first-weights bare" width="40" height="40" alt="{words["pixels"]}" '
             f'src="{weights_picture(numbers[784 * GHOST:784 * (GHOST + 1)])}">')
    return "\n".join([
        f'<div class="first-screen course-figure" role="group" aria-label="{words["aria"]}">',
        f'<div class="first-desk"><div class="first-paper ghost"><img class="bare" width="280" height="280" '
        f'alt="{words["picture"]}" src="{picture(pixels)}"><p class="first-invite" aria-hidden="true">'
        f'{words["invite"]}</p></div><div class="first-buttons"></div></div>',
        f'<div class="first-bars">{bars(a, words["bars"])}</div>',
        '<div class="first-parts">',
        part("score", 2, f'{words["score"]} {digit}', total),
        part("probability", 2, f'{words["probability"]}<sub>{digit}</sub>', f'<b class="first-a">{a[GHOST]:.3f}</b>'),
        part("loss", 3, f'{words["loss"]} {digit}', f'<b class="first-loss">{-math.log(a[GHOST]):.3f}</b>'),
        part("weights", 7, f'{words["weights"]} {digit}', shown),
        part("trained", 6, words["trained"], f'<b>{model["test"]:.1f}</b> {words["right"]}'),
        "</div>",
        f'<p class="first-told">{words["legend"]}</p>',
        "</div>",
        f'<p class="first-go"><a class="first-start" href="{page[1]}">{words["start"]} {words["chapter"]} 1</a>'
        f'<a href="../notebooks/00_in_a_hurry.html">{words["one_page"]}</a></p>',
    ]) + "\n"


# The chapters.


def first_picture(nb):
    """Return the first picture that a notebook stores, and "bare" or, for what dark mode inverts, ""; or None."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                image = cell.metadata.get("mystnb", {}).get("image", {})
                return base64.b64decode(output["data"]["image/png"]), image.get("classes", "")
    return None


def thumbnail(png):
    """Return a picture in the size of a card, whole, on white."""
    with Image.open(io.BytesIO(png)) as image:
        image = image.convert("RGB")
        image = image.crop(ImageChops.invert(image).getbbox())  # without the white around it
        image.thumbnail((CARD[0] - 16, CARD[1] - 16), Image.Resampling.LANCZOS)
        card = Image.new("RGB", CARD, "white")
        card.paste(image, ((CARD[0] - image.width) // 2, (CARD[1] - image.height) // 2))
    out = io.BytesIO()
    card.quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def cards(road, pictures, language="en"):
    """Return a card for each chapter: picture, title, what it is about, its minutes, and room for what was read."""
    words, parts = WORDS[language], ['<div class="first-cards">']
    for c in road:
        stem = c.page.rpartition("/")[2]
        image = (f'<img class="{pictures[stem][1]}" src="../_static/cards/{stem}.png" width="{CARD[0] // 2}" '
                 f'height="{CARD[1] // 2}" alt="" loading="lazy">' if stem in pictures else "")
        needs = " ".join(words[need] for need in c.course.get("needs", []))
        about = c.course.get("description", "")
        parts.append(f'<a class="first-card" href="../{c.page}.html" data-page="{c.page}">{image}'
                     f'<span class="first-title">{escape(c.title)}</span> '
                     f'<span class="first-about">{escape(f"{about} {needs}".strip())}</span> '
                     f'<span class="first-minutes">{c.minutes} {words["minutes"]}</span> '
                     '<span class="first-read"></span></a>')
    return "\n".join([*parts, "</div>"]) + "\n"


def checks(root, pages):
    """Return how many check cells the notebooks among the pages have."""
    return sum("check" in cell.metadata.get("tags", []) for page in pages if page.startswith("notebooks/")
               for cell in read(root / f"{page}.ipynb").cells)


def proof(root, pages, records, language="en"):
    """Return one sentence on what stands behind the pages: checks that are there, and errors that were planted."""
    said = PROOF[language]
    text = said[0].format(checks(root, pages))
    records = [record for record in records if record]
    if records:
        tried, noticed = (sum(result.get(key, 0) for record in records for result in record["results"].values())
                          for key in ("tried", "noticed"))
        when = max(record["date"] for record in records)
        text += f" {said[1].format(tried, noticed, when)}"
    return f"{text}\n"


# What the script needs.


def script(root, road, questions):
    """Return the data of the first page as a classic script: the figure's own functions, the model, the questions."""
    folder, (model, _) = root / "helpers" / "interactive", stored(root)
    common = figures.shared(folder)
    body = figures.without_export(folder, "draw_a_digit")
    asked = {c.page: [question["text"] for question in questions.values() if question["chapter"] == c.number]
             for c in road}
    data = {"weights": model["weights"], "digits": model["digits"], "questions": asked}
    return (f"window.courseFirst = {{\n...((LABEL, SPOKEN) => {{\n{common}{body}return {{ {', '.join(SHARED)} }};\n"
            '})("", ""),\n'
            f"...{json.dumps(data, sort_keys=True)},\n}};\n")


def write(root, road, static):
    """Write the script and the thumbnails into the book's static files."""
    questions = json.loads((root / "helpers" / "interactive" / "questions.json").read_text(encoding="utf-8"))
    (static / "cards").mkdir(parents=True, exist_ok=True)
    (static / "first-data.js").write_text(script(root, road, questions), encoding="utf-8")
    for stem, (png, _) in pictures(root, road).items():
        (static / "cards" / f"{stem}.png").write_bytes(thumbnail(png))


def pictures(root, road):
    """Return the first picture of each chapter that has one, by the notebook's name."""
    found = {c.page.rpartition("/")[2]: first_picture(read(root / f"{c.page}.ipynb")) for c in road}
    return {stem: what for stem, what in found.items() if what}
