import io
import unittest

from http_function import Request

from .handler import handle


class HandlerTest(unittest.TestCase):
    def test_a_call_is_answered(self):
        request = Request("POST", "/", "", {}, io.BytesIO(b"reader").read)
        self.assertIsNotNone(handle(request))
