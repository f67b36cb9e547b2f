import NIOCore
import PoDCore
import PoDRecipes
import PoDSession
import Testing

/// Control messages as the lines that `docs/control-channel.md` shows.
@Suite struct ControlCodecTests {
    private static let masterJobID = try! MasterJobID(parsing: "77")

    static let lines: [(ControlMessage, String)] = [
        (
            .hello(protocolName: "alien-pod/1", version: "0.1.0"),
            #"{"type":"hello","protocol":"alien-pod/1","version":"0.1.0"}"#
        ),
        (
            .claim(
                Claim(
                    id: ClaimID(high: 1, low: 0xabc), masterJobID: masterJobID,
                    sequence: AdvertisementOrder(epoch: 5, sequence: 9), host: "wn12.site.org", pid: 4711,
                    certificateRequest: "PEM\n")),
            #"{"type":"claim","claim":"00000000000000010000000000000abc","masterJobId":"77","sequence":"5.9","#
                + #""host":"wn12.site.org","pid":4711,"request":"PEM\n"}"#
        ),
        (
            .claim(Claim(id: ClaimID(high: 1, low: 0xabc), masterJobID: masterJobID, host: "h", pid: 1)),
            #"{"type":"claim","claim":"00000000000000010000000000000abc","masterJobId":"77","host":"h","pid":1}"#
        ),
        (
            .claim(
                Claim(
                    id: ClaimID(high: 1, low: 0xabc), masterJobID: masterJobID, host: "h", pid: 1,
                    reach: Claim.Reach(port: 20001, nonce: StreamSecret(bits: 0xdef)))),
            #"{"type":"claim","claim":"00000000000000010000000000000abc","masterJobId":"77","host":"h","pid":1,"#
                + #""reach":{"port":20001,"nonce":"00000000000000000000000000000def"}}"#
        ),
        (
            .claim(
                Claim(id: ClaimID(high: 1, low: 0xabc), masterJobID: masterJobID, host: "h", pid: 1, ticket: "a.b.c")),
            #"{"type":"claim","claim":"00000000000000010000000000000abc","masterJobId":"77","host":"h","pid":1,"#
                + #""ticket":"a.b.c"}"#
        ),
        (
            .lease(
                LeaseID(epoch: 5, number: 3),
                LeaseTerms(recipe: "xrootd", contact: try! Address(parsing: "127.0.0.1:20017"))),
            #"{"type":"lease","lease":"5.3","recipe":"xrootd","parameters":{},"contact":"127.0.0.1:20017"}"#
        ),
        (
            .lease(
                LeaseID(epoch: 5, number: 3),
                LeaseTerms(
                    recipe: "dask", parameters: ["scheduler": "tls://127.0.0.1:8786"],
                    certificate: LeaseTerms.IssuedCertificate(certificate: "C", authority: "A"))),
            #"{"type":"lease","lease":"5.3","recipe":"dask","parameters":{"scheduler":"tls://127.0.0.1:8786"},"#
                + #""certificate":"C","authority":"A"}"#
        ),
        (
            .lease(LeaseID(epoch: 5, number: 3), LeaseTerms(recipe: "command")),
            #"{"type":"lease","lease":"5.3","recipe":"command","parameters":{}}"#
        ),
        (
            .refused(.fullOrGone, reason: "every slot is taken"),
            #"{"type":"refused","code":69,"reason":"every slot is taken"}"#
        ),
        (.refused(.tryLater, reason: "busy"), #"{"type":"refused","code":75,"reason":"busy"}"#),
        (.refused(.forbidden, reason: "no"), #"{"type":"refused","code":77,"reason":"no"}"#),
        (
            .register(
                LeaseID(epoch: 5, number: 3),
                Registration(
                    contact: try! Address(parsing: "wn12.site.org:20001"), account: "alice",
                    versions: try! Versions(checking: ["python": "3.11.2"]))),
            #"{"type":"register","lease":"5.3","contact":"wn12.site.org:20001","account":"alice","#
                + #""versions":{"python":"3.11.2"}}"#
        ),
        (.registered, #"{"type":"registered"}"#),
        (
            .heartbeat(LeaseID(epoch: 5, number: 3), WorkerHealth(daemon: "starting")),
            #"{"type":"heartbeat","lease":"5.3","daemon":"starting","restarts":0}"#
        ),
        (
            .heartbeat(
                LeaseID(epoch: 5, number: 3),
                WorkerHealth(daemon: "ready", load: 0.5, residentBytes: 1_048_576, restarts: 2, reason: "signal 9")),
            #"{"type":"heartbeat","lease":"5.3","daemon":"ready","load":0.5,"rss":1048576,"restarts":2,"#
                + #""reason":"signal 9"}"#
        ),
        (.acknowledged, #"{"type":"acknowledged"}"#),
        (.leaseLost, #"{"type":"lease-lost"}"#),
        (
            .leave(LeaseID(epoch: 5, number: 3), reason: "idle for 60 s"),
            #"{"type":"leave","lease":"5.3","reason":"idle for 60 s"}"#
        ),
        (.retire(reason: "idle for 60 s"), #"{"type":"retire","reason":"idle for 60 s"}"#),
        (
            .bye(LeaseID(epoch: 5, number: 3), code: 0, reason: "SIGTERM", log: []),
            #"{"type":"bye","lease":"5.3","code":0,"reason":"SIGTERM","log":[]}"#
        ),
        (
            .bye(
                LeaseID(epoch: 5, number: 3), code: 75, reason: "the daemon ended: exit code 1", log: ["a", "b \"c\""]),
            #"{"type":"bye","lease":"5.3","code":75,"reason":"the daemon ended: exit code 1","log":["a","b \"c\""]}"#
        ),
        (.restart, #"{"type":"restart"}"#),
        (.logs(request: .max, lines: 100), #"{"type":"logs","request":"18446744073709551615","lines":100}"#),
        (.log(request: 7, lines: ["one", "two"]), #"{"type":"log","request":"7","lines":["one","two"]}"#),
        (.log(request: 8, lines: []), #"{"type":"log","request":"8","lines":[]}"#),
        (
            .dial(StreamSecret(bits: 0xdef)),
            #"{"type":"dial","secret":"00000000000000000000000000000def"}"#
        ),
        (
            .dialFailed(StreamSecret(bits: 1 << 127)),
            #"{"type":"dial-failed","secret":"80000000000000000000000000000000"}"#
        ),
        (.stop(reason: "the session has ended"), #"{"type":"stop","reason":"the session has ended"}"#),
        (.error(reason: "line: \"x\"\n"), #"{"type":"error","reason":"line: \"x\"\n"}"#),
    ]

    @Test(arguments: lines)
    func isItsLine(message: ControlMessage, line: String) throws {
        #expect(String(buffer: ControlCodec.encode(message)) == line + "\n")
        #expect(try ControlCodec.decode(ByteBuffer(string: line)) == message)
    }

    @Test("unknown members are ignored")
    func unknownMembers() throws {
        let line = ByteBuffer(string: #"{"new":[1,{"a":null}],"type":"heartbeat","lease":"5.3","daemon":"ready"}"#)
        let health = WorkerHealth(daemon: "ready")
        #expect(try ControlCodec.decode(line) == .heartbeat(LeaseID(epoch: 5, number: 3), health))
    }

    @Test(arguments: [
        ("", "line: "),
        ("{", "line: "),
        ("[]", "type: expected a string"),
        ("{}", "type: expected a string"),
        (#"{"type":7}"#, "type: expected a string"),
        (#"{"type":"exec"}"#, #"type: expected a message of the control channel, found "exec""#),
        (#"{"type":"register"}"#, "lease: expected a string"),
        (#"{"type":"register","lease":"5"}"#, #"lease: expected epoch.number, found "5""#),
        (#"{"type":"register","lease":"5.-1"}"#, #"lease: expected epoch.number, found "5.-1""#),
        (
            #"{"type":"claim","claim":"zz","masterJobId":"77","host":"h","pid":1}"#,
            #"claim: expected 32 hexadecimal digits in lower case, found "zz""#
        ),
        (
            #"{"type":"claim","claim":"00000000000000010000000000000abc","masterJobId":"12abc","host":"h","pid":1}"#,
            "MasterJobId: "
        ),
        (
            #"{"type":"claim","claim":"00000000000000010000000000000abc","masterJobId":"7","sequence":"5","host":"h"}"#,
            #"Sequence: expected epoch.sequence, found "5""#
        ),
        (
            #"{"type":"claim","claim":"00000000000000010000000000000abc","masterJobId":"7","host":"h","#
                + #""reach":{"port":0,"nonce":"00000000000000000000000000000def"}}"#,
            "reach: expected a port from 1 to 65535"
        ),
        (
            #"{"type":"claim","claim":"00000000000000010000000000000abc","masterJobId":"7","host":"h","#
                + #""reach":{"port":1,"nonce":"def"}}"#,
            "secret: expected 32 hexadecimal digits"
        ),
        (#"{"type":"lease","lease":"5.3","recipe":"dask","contact":"a b"}"#, "Address: "),
        (#"{"type":"dial"}"#, "secret: expected a string"),
        (#"{"type":"dial-failed","secret":"x"}"#, "secret: expected 32 hexadecimal digits"),
        (#"{"type":"refused","code":3,"reason":"x"}"#, #"code: expected 69, 75 or 77, found "3""#),
        (#"{"type":"lease","lease":"5.3","recipe":"dask","parameters":{"a":1}}"#, "a: expected a string"),
        (
            #"{"type":"lease","lease":"5.3","recipe":"dask","parameters":{"a\n\u001b":1}}"#,
            #""a\n\u{1B}": expected a string"#
        ),
        (#"{"type":"lease","lease":"5.3","recipe":"dask","certificate":"C"}"#, "authority: expected a string"),
        (#"{"type":"heartbeat","lease":"5.3"}"#, "daemon: expected a string"),
        (#"{"type":"logs","request":"7","lines":0}"#, "lines: expected a number from 1 to "),
        (#"{"type":"logs","request":"7","lines":1001}"#, "lines: expected a number from 1 to "),
        (#"{"type":"logs","request":"x","lines":1}"#, #"request: expected a number, found "x""#),
        (#"{"type":"log","request":"7","lines":["a",1]}"#, "lines: expected an array of strings"),
        (#"{"type":"bye","lease":"5.3","code":0,"log":[]}"#, "reason: expected a string"),
        (#"{"type":"bye","lease":"5.3","reason":"","log":[]}"#, "code: expected the worker's exit code"),
        (#"{"type":"register","lease":"5.3"}"#, "contact: expected a string"),
        (#"{"type":"register","lease":"5.3","contact":"a b:1"}"#, "Address: "),
        (
            #"{"type":"register","lease":"5.3","contact":"a:1","account":"x","versions":{"dask":"1\n2"}}"#, "versions: "
        ),
    ])
    func isRefused(line: String, problem: String) {
        let error = #expect(throws: ValueError.self) { try ControlCodec.decode(ByteBuffer(string: line)) }
        #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
    }
}
