"""Which words of a page are Vietnamese, for the voice of a screen reader."""

import re
import unicodedata
from html import escape, unescape

# What tells Vietnamese words: letters that no other language here has; and for letters that others have too, the shape
# of a syllable, its marks taken off. A clause with one of these words of English is English, whatever names are in it.
CERTAIN = "[ăđĩũơư\u1ea0-\u1ef9]"
SHARED = "[àáâãèéêìíòóôõùúý]"
SYLLABLE = ("(b|ch?|d|gh?|gi|h|kh?|l|m|n|ngh?|nh|ph?|qu|r|s|th?|tr|v|x)?"
            "([aeiouy]{1,3}|(ie|ye|o[aeo]|u[aeoy]|uye|[aeiouy])(ch?|m|p|t|ng?|nh))")
ENGLISH = {"the", "of", "and", "is", "are", "by", "with", "for", "from"}
WORD = r"(?:[^\W\d_][\u0300-\u036f]*)+"
QUOTED = r"«[^«»]*»|“[^“”]*”"
# What is no text of a page: parts in which there can be no tag, what is marked already, and all other tags.
NOT_TEXT = (r'(?P<apart><!--.*?-->|<span lang="vi">[^<]*</span>|<span class="math[^>]*>[^<]*</span>|'
            r'<div class="math[^>]*>[^<]*</div>|'
            r"<(?P<tag>script|style|title|svg|textarea|option)\b.*?</(?P=tag)>|<(?:\"[^\"]*\"|[^\">])*>)")


def is_vietnamese(word):
    """Tell whether a word is Vietnamese by its letters. «mất» and «Lê» are; Léon and softmax are not."""
    word = unicodedata.normalize("NFC", word.lower())
    bare = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFD", word))
    return bool(re.search(CERTAIN, word) or (re.search(SHARED, word) and re.fullmatch(SYLLABLE, bare)))


def vietnamese_parts(text):
    """Return where a plain text is Vietnamese, as pairs of a start and an end.

    A quotation or a clause with a Vietnamese word is so as a whole, with the words in it that bear no mark («hồi quy
    softmax»); but in one that is English by its small words, or for the most part, only the marked words are.
    """
    parts = []
    for clause in re.finditer(rf"{QUOTED}|[^«“.,;:!?()\[\]]+", text):
        words = list(re.finditer(WORD, clause[0]))
        marked = [word for word in words if is_vietnamese(word[0])]
        most = clause[0][0] in "«“" or 3 * len(marked) >= len(words)
        if most and marked and not ENGLISH & {word[0].lower() for word in words}:
            marked = [re.search(r"\S.*\S|\S", clause[0], re.S)]
        parts += [(clause.start() + word.start(), clause.start() + word.end()) for word in marked]
    return parts


def mark_text(html):
    """Mark the Vietnamese parts of a text without tags."""
    text, marked, done = unescape(html), "", 0
    for start, end in vietnamese_parts(text):
        marked += f'{escape(text[done:start], False)}<span lang="vi">{escape(text[start:end], False)}</span>'
        done = end
    return marked + escape(text[done:], False) if done else html


def mark_vietnamese(page):
    """Say in a page of another language which of its words are Vietnamese."""
    if re.search(r'<html[^>]* lang="vi"', page):
        return page
    return re.sub(rf"{NOT_TEXT}|[^<]+", lambda part: part[0] if part["apart"] else mark_text(part[0]), page, flags=re.S)
