"""A current engine behind the few lines of HTTP that the tests need: a question in the body, or in
`query` with rows in the body, of the database in `database`; errors as the real server says them."""

import os
import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from chdb import session

port, folder = int(sys.argv[1]), sys.argv[2]
engine = session.Session(os.path.join(folder, "engine"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = parse_qs(urlsplit(self.path).query)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            if "database" in asked:
                engine.query("USE " + asked["database"][0])
            if "query" in asked:
                rows = os.path.join(folder, "rows")
                with open(rows, "wb") as file:
                    file.write(body)
                insert = re.sub(r" FORMAT RowBinary$", "", asked["query"][0])
                answer = engine.query(f"{insert} FROM INFILE '{rows}' FORMAT RowBinary")
            else:
                answer = engine.query(body.decode("ascii"))
            status, said = 200, bytes(answer.bytes() or b"")
        except Exception as error:  # whatever it is, the one who asked is told
            status, said = 500, str(error).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


server = HTTPServer(("127.0.0.1", port), Handler)
print("ready", flush=True)
server.serve_forever()
