"""A real browser opens the page, sorts its table, and asks for nothing."""

import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no browser"),
    # The browser's pipes are closed when its process is collected.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def opened(audit, tmp_path_factory):
    """The page in a browser, what it asked for, and what went wrong."""
    path = tmp_path_factory.mktemp("page") / "audit.html"
    audit.to_html(path)
    requests, errors = [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        yield page, requests, errors, path
        browser.close()


def column(page, name):
    heads = page.locator("table").last.locator("th")
    place = heads.all_inner_texts().index(name)
    cells = page.locator(f"table:last-of-type tbody tr td:nth-child({place + 1})")
    button = heads.nth(place).locator("button")
    n = page.locator("table").last.locator("tbody tr").count()
    return button, lambda: cells.all_inner_texts()[-n:]


def test_it_renders(opened, audit):
    page, _, _, _ = opened
    assert audit.report_.verdict.headline in page.inner_text(".verdict")
    assert page.locator("svg").bounding_box()["height"] > 100
    n_shown = page.locator("table").last.locator("tbody tr").count()
    assert n_shown == len(audit.suspects_)


def test_it_sorts_by_numbers_and_by_words(opened, audit):
    page, _, _, _ = opened
    button, cells = column(page, "position")
    button.click()
    expected = sorted(audit.suspects_["position"])
    assert list(map(int, cells())) == expected
    button.click()
    assert list(map(int, cells())) == expected[::-1]
    button, cells = column(page, "given")
    button.click()
    assert cells() == sorted(audit.suspects_["given"])


def test_it_asks_for_nothing_and_complains_of_nothing(opened):
    _, requests, errors, path = opened
    assert requests in ([path.as_uri()], [path.as_uri(), "data:,"])
    assert errors == []
