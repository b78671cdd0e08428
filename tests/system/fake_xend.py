# SPDX-License-Identifier: GPL-2.0-or-later
"""A canned XML-RPC server on a unix socket: what xm says to xend, and what it makes of answers.

Written with Python's own xmlrpc module, so that client and server do not share a codec.
"""
import http.server
import os
import socket
import socketserver
import threading
import xmlrpc.client


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.fake.raw(self, body)

    def address_string(self):
        return "unix"

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class NoSuchDomain(xmlrpc.client.Fault):
    def __init__(self, name):
        super().__init__(3, str(name))


def domain(name, domid=None, memory=256, vcpus=2, state="-b----", cpu_time=12.5, **more):
    """A domain SXP as nested lists."""
    sxp = ["domain"]
    if domid is not None:
        sxp.append(["domid", domid])
    sxp += [["name", name], ["uuid", f"00000000-0000-0000-0000-{abs(hash(name)) % 10**12:012d}"], ["memory", memory],
            ["maxmem", memory], ["vcpus", vcpus]]
    if domid is not None:
        sxp += [["online_vcpus", vcpus], ["state", state], ["start_time", more.pop("start_time", 1262304000.12)]]
    sxp += [["cpu_time", cpu_time], ["status", 2 if domid is not None else 0]]
    return sxp + [[k, v] for k, v in more.items()]


class FakeXend:
    """Domains in a list, methods as Python functions; `answers` overrides any method."""

    def __init__(self, path):
        self.path = str(path)
        self.calls = []                 # (method, params) in order
        self.domains = []
        self.answers = {}               # method -> value, exception or function
        self.reply = None               # raw bytes instead of any answer
        self.server = Server(self.path, Handler)
        self.server.fake = self
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        os.unlink(self.path)

    def raw(self, handler, body):
        if self.reply is not None:
            handler.wfile.write(self.reply)
            handler.close_connection = True
            return
        params, method = xmlrpc.client.loads(body)
        self.calls.append((method, list(params)))
        try:
            value = self.call(method, params)
            data = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)
        except xmlrpc.client.Fault as fault:
            data = xmlrpc.client.dumps(fault, methodresponse=True)
        data = data.encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/xml")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def call(self, method, params):
        if method in self.answers:
            answer = self.answers[method]
            if isinstance(answer, Exception):
                raise answer
            return answer(*params) if callable(answer) else answer
        name = method.removeprefix("xend.").replace(".", "_")
        if not hasattr(self, "do_" + name):
            return {"Status": "Failure", "ErrorDescription": ["MESSAGE_METHOD_UNKNOWN", method]}
        return getattr(self, "do_" + name)(*params)

    def methods(self):
        return [m for m, _ in self.calls]

    # ---- the methods ------------------------------------------------------------------------------

    def find(self, dom):
        for sxp in self.domains:
            fields = dict(x[:2] for x in sxp[1:])
            if str(dom) in (fields["name"], str(fields.get("domid")), fields["uuid"]):
                return sxp
        raise NoSuchDomain(dom)

    def do_domains_with_state(self, detail, state, full):
        return self.domains if state == "all" else [d for d in self.domains if state in d[1:][-1]]

    def do_domain(self, dom, full=False):
        return self.find(dom)

    def do_domain_pause(self, dom, flag=False):
        self.find(dom)

    def do_domain_unpause(self, dom):
        self.find(dom)

    def do_domain_getpauseflag(self, dom):
        self.find(dom)
        return False

    def do_domain_destroy(self, dom):
        self.domains.remove(self.find(dom))

    def do_domain_setName(self, dom, name):
        self.find(dom)

    def do_domain_shutdown(self, dom, reason):
        self.domains.remove(self.find(dom))

    def do_domain_getRestartCount(self, dom):
        self.find(dom)
        return 0

    def do_domain_waitForDevices(self, dom):
        self.find(dom)

    def do_domain_create(self, sxp):
        fields = {x[0]: x[1:] for x in sxp[1:]}
        made = domain(fields["name"][0], domid=42, memory=int(fields["memory"][0]), state="--p---")
        self.domains.append(made)
        return made

    def do_domain_getVCPUInfo(self, dom):
        fields = dict(x[:2] for x in self.find(dom)[1:])
        return ["domain", ["domid", fields["domid"]], ["name", fields["name"]], ["vcpu_count", 3],
                ["vcpu", ["number", 0], ["online", 1], ["blocked", 1], ["running", 0], ["cpu_time", 8.2], ["cpu", 3],
                 ["cpumap", [0, 1, 2, 3]]],
                ["vcpu", ["number", 1], ["online", 0], ["blocked", 0], ["running", 0], ["cpu_time", 1.5], ["cpu", 1],
                 ["cpumap", [0, 1, 3]]],
                ["vcpu", ["number", 2], ["online", 1], ["blocked", 0], ["running", 0], ["cpu_time", 0.0], ["cpu", -1],
                 ["cpumap", []]]]

    def do_node_info(self, numa=0):
        return [["host", "h"], ["machine", "ia64"], ["nr_cpus", 4], ["total_memory", 1024], ["virt_caps", None],
                ["xen_pagesize", 16384]]

    def do_node_dmesg_info(self):
        return "(XEN) one\\n(XEN) two \\\\ caf\\xc3\\xa9 \\\\x41\\n"

    def do_node_dmesg_clear(self):
        return None

    def do_node_log(self):
        return "[2026-01-01 00:00:00 1] INFO (x) a\n[2026-01-01 00:00:01 1] INFO (x) C:\\new\n"


class FakeConsole:
    """A console socket that shows `replay` to each client, then does what `script` says."""

    def __init__(self, path, replay=b"", script=None):
        self.path = str(path)
        self.replay, self.script = replay, script
        self.received = b""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(self.path)
        self.sock.listen(4)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            conn, _ = self.sock.accept()
        except OSError:
            return
        with conn:
            try:
                conn.sendall(self.replay)
                if self.script:
                    self.script(self, conn)
                else:
                    while data := conn.recv(4096):
                        self.received += data
            except OSError:
                pass

    def close(self):
        self.sock.close()
        self.thread.join(timeout=5)
