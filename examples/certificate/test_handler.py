import io
import unittest

from http_function import Request, Response

from .handler import handle


class HandlerTest(unittest.TestCase):
    def test_a_body_that_is_no_host_is_refused(self):
        answer = handle(Request("POST", "/", "", {}, io.BytesIO(b" ").read))
        self.assertIsInstance(answer, Response)
        self.assertEqual(answer.status, 400)
