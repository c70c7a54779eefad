"""The page that describes endpoints, in a browser, with the examples that serve it.

    cargo build -p examples --all-features --bins
    EXAMPLES_DIR=target/debug .venv/bin/python -m unittest discover -s examples -p 'test_docs_page.py'

Needs chromium and chromedriver; without them it is skipped, unless NO_SKIP is set. With SCREENSHOTS=<directory> it
takes pictures in three widths, light and dark.
"""

import json
import os
import pathlib
import unittest
import urllib.request

from running import Example
from test_chat_page import PATIENCE, READY, Window

try:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    pass

LOG = """return [...document.querySelectorAll("#log > li:not(.empty)")].map(item => item.className + ": " + item.innerText)"""


class Page(Window):
    def entries(self):
        return self.run(LOG)

    def open(self, address):
        self.driver.get(f"http://{address}/")
        self.wait("the page", lambda: self.driver.current_url.endswith("/docs"))

    def id(self, id):
        return self.driver.find_element(By.ID, id)

    def fill(self, id, text):
        field = self.id(id)
        field.clear()
        field.send_keys(text)

    def press(self, id):
        self.id(id).send_keys(Keys.ENTER)

    def sees(self, *texts):
        """Waits for an entry of the log that has all of these texts."""
        self.wait(texts, lambda: any(all(text in entry for text in texts) for entry in self.entries()))

    def status(self):
        return self.driver.find_element(By.CSS_SELECTOR, ".pill").text

    def problems(self):
        """What the browser complains of, such as the policy of the page. Refused WebSockets are not the page's fault."""
        found = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in found if "WebSocket connection to" not in message]

    def resize(self, width, dark=False):
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})


@unittest.skipUnless(READY or os.environ.get("NO_SKIP"), "chromium, chromedriver or selenium is not there")
class DocsPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = Page()

    @classmethod
    def tearDownClass(cls):
        cls.page.close()

    def setUp(self):
        self.page.driver.get("about:blank")
        self.page.driver.get_log("browser")

    def tearDown(self):
        self.assertEqual(self.page.problems(), [])

    def test_one_click_then_a_message_and_its_answer(self):
        page = self.page
        with Example("items") as items:
            page.open(items.address)
            page.fill("p-path-id", "5")
            page.fill("p-query-q", "3")
            page.fill("p-cookie-session", "abc")
            page.press("connect")
            page.sees("note", "Connected to", "/items/5/ws?q=3")
            page.fill("message", "hi")
            page.id("message").send_keys(Keys.CONTROL, Keys.ENTER)
            page.sees("sent", "hi", "2 B")
            page.sees("received", "Message text was: hi, for item ID: 5")
            page.sees("received", "Query param q is: 3")
            page.press("close")
            page.sees("closed", "1000 normal closure", "Do not reconnect")

    def test_a_refused_parameter_shows_1008_its_json_and_its_field(self):
        page = self.page
        with Example("items") as items:
            page.open(items.address)
            page.fill("p-path-id", "5")
            page.fill("p-query-q", "abc")
            self.assertIn("not an integer", page.id("p-query-q-err").text)
            page.press("connect")
            page.sees("closed", "1008 policy violation", "query.q", '[{"type":"int_parsing","loc":["query","q"]}]')
            self.assertIn("int_parsing", page.id("p-query-q-err").text)
            self.assertEqual(page.status(), "Closed: 1008")

    def test_what_the_page_says_of_an_endpoint(self):
        page = self.page
        with Example("items") as items:
            page.open(items.address)
            codes = page.run("return [...document.querySelectorAll('.closes tbody tr')].map(row => row.innerText)")
            self.assertTrue(any(row.startswith("1008") and "ession cookie missing" in row for row in codes), codes)
            self.assertTrue(any(row.startswith("1001") for row in codes), codes)
            for program, text in [("wscat", "wscat "), ("Python", "from websockets"), ("Rust", "client::Client")]:
                page.driver.find_element(By.XPATH, f"//button[text()='{program}']").send_keys(Keys.ENTER)
                self.assertIn(text, page.id("source").text)
                self.assertIn("/items/", page.id("source").text)

    def test_the_keyboard_reaches_everything(self):
        page = self.page
        with Example("items") as items:
            page.open(items.address)
            # A person who has no mouse begins at the top.
            page.run("document.activeElement.blur()")
            for wanted in ["find", "p-path-id", "p-query-q", "connect", "message"]:
                page.tab_to(wanted)

    def test_a_typed_message_and_a_taken_name(self):
        page = self.page
        with Example("chat") as chat:
            page.driver.get(f"http://{chat.address}/docs")
            page.fill("p-path-user_id", "alice")
            page.press("connect")
            page.sees("received", "User alice has joined the chat")
            page.fill("message", '{"message": ')
            self.assertIn("invalid JSON", page.id("message-err").text)
            page.fill("message", '{"message": "hello"}')
            page.press("send")
            page.sees("received", '"message": "hello"', '"user": "alice"')
            other = Page()
            try:
                other.driver.get(f"http://{chat.address}/docs")
                other.fill("p-path-user_id", "alice")
                other.press("connect")
                other.sees("closed", "1008", "in use")
            finally:
                other.close()

    def test_a_server_that_restarts(self):
        page = self.page
        with Example("items") as items:
            page.open(items.address)
            page.fill("p-path-id", "5")
            page.fill("p-cookie-session", "abc")
            page.driver.find_element(By.XPATH, "//label[contains(., 'reconnect')]/input").send_keys(Keys.SPACE)
            page.press("connect")
            page.sees("note", "Connected to")
            items.process.terminate()
            page.sees("closed", "1001 going away")
            items.process.wait(PATIENCE)
            with Example("items", address=items.address):
                page.wait("a second connection", lambda: sum("Connected to" in one for one in page.entries()) == 2)

    def test_no_width_scrolls_sideways(self):
        page = self.page
        pictures = os.environ.get("SCREENSHOTS")
        with Example("chat") as chat:
            for width in [360, 768, 1440]:
                for dark in [False, True]:
                    page.resize(width, dark)
                    page.driver.get(f"http://{chat.address}/docs")
                    self.assertLessEqual(page.run("return document.documentElement.scrollWidth"), width)
                    if pictures:
                        name = f"docs-{width}-{'dark' if dark else 'light'}.png"
                        page.driver.save_screenshot(str(pathlib.Path(pictures) / name))
            page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def test_the_answer_has_a_strict_policy(self):
        with Example("items") as items:
            with urllib.request.urlopen(f"http://{items.address}/docs", timeout=PATIENCE) as answer:
                policy, body = answer.headers["content-security-policy"], answer.read()
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            data = body.split(b'<script type="application/json" id="data">')[1].split(b"</script>")[0]
            self.assertEqual(json.loads(data)["endpoints"][0]["name"], "item")
            self.assertLess(len(body) - len(data), 60 * 1024)


if __name__ == "__main__":
    unittest.main()
