"""The words of Sphinx and of the themes around a page, in Vietnamese: their own, and ours where they have none."""

from pathlib import Path

import sphinx
import sphinx_book_theme
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from sphinx import locale

WORDS = {
    "Search": "Tìm kiếm", "On this page": "Trên trang này", "Color mode": "Sáng hay tối", "Main": "Chính",
    "previous page": "trang trước", "next page": "trang sau", "System Settings": "Theo hệ thống",
    "Site navigation": "Điều hướng trang web",
    "Section Navigation": "Điều hướng chương", "Light": "Sáng", "Dark": "Tối", "Home": "Trang đầu",
    "Breadcrumb": "Đường dẫn", "previous": "trước", "next": "sau", "Skip to main content": "Đến nội dung chính",
    "Show Source": "Xem mã nguồn", "Collapse Sidebar": "Thu thanh bên", "Expand Sidebar": "Mở thanh bên",
    "Back to top": "Về đầu trang", "Link to this heading": "Liên kết đến đề mục này",
}
BOOK_THEME = {
    "Contents": "Nội dung", "Download this page": "Tải trang này về", "Download source file": "Tải tệp nguồn",
    "Download notebook file": "Tải sổ tay", "Fullscreen mode": "Toàn màn hình", "Print to PDF": "In ra PDF",
    "Launch interactive content": "Chạy trang này", "Launch on": "Chạy trên", "Search": "Tìm kiếm", "By": "Tác giả",
}


def load(app, folder, language):
    """Let Sphinx and the themes speak the language."""
    for name, words in (("sphinx", WORDS), ("booktheme", BOOK_THEME)):
        catalog = Catalog(locale=language)
        for english, vietnamese in words.items():
            catalog.add(english, vietnamese)
        path = Path(folder) / language / "LC_MESSAGES" / f"{name}.mo"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_mo(file, catalog)
    of_sphinx = Path(sphinx.__file__).parent / "locale"
    theme = Path(sphinx_book_theme.__file__).parent / "theme" / "sphinx_book_theme" / "static" / "locales"
    app.translator, _ = locale.init([str(folder), str(of_sphinx)], language)
    locale.init([str(folder), str(theme)], language, "booktheme")
