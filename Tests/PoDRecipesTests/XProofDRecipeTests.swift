import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

/// The xproofd recipe. xproofd itself comes with older releases of ROOT and not from Debian: the real xrootd, which it is
/// built on, runs under its name.
@Suite(.timeLimit(.minutes(10))) struct XProofDRecipeTests {
    private static let lease = LeaseID(epoch: 5, number: 3)

    @Test("the head's files are those of PoD")
    func head() throws {
        let site = try DaemonSite(directory: "/srv/h", address: Address(host: "127.0.0.1", port: 21001))
        let recipe = try XProofDRecipe(isStartedByRoot: false, hostName: "head.example.org", environment: [:])
        let plan = try #require(try recipe.head(at: site).daemon)
        #expect(plan.command == ["xproofd", "-c", "/srv/h/xpd.cf", "-p", "21001", "-n", "PoDServer"])
        #expect(plan.ready == .handshake(port: 21001, as: [.proof, .files]))
        #expect(
            plan.files == [
                DaemonFile(
                    name: "xpd.cf",
                    text: """
                        xpd.port 21001
                        # server.adminpath /srv/h/admin
                        xrd.adminpath /srv/h/admin
                        xpd.role master
                        set PROOFTMP=/srv/h/tmp
                        xpd.tmp $PROOFTMP
                        set PROOFCFGFILE=$POD_PROOFCFG_FILE
                        xpd.resource static $(PROOFCFGFILE)
                        xrd.allow host 127.0.0.1
                        xrd.allow host localhost

                        """),
                DaemonFile(name: "proof.conf", text: "#master head.example.org\nmaster head.example.org\n"),
            ])
        #expect(
            plan.environment == [
                "POD_PROOFCFG_FILE": "/srv/h/proof.conf", "PROOFCFGFILE": "/srv/h/proof.conf",
            ])
    }

    @Test("so are a worker's")
    func worker() throws {
        let site = try DaemonSite(directory: "/srv/w", address: Address(host: "127.0.0.1", port: 21002))
        let recipe = try XProofDRecipe(isStartedByRoot: false, hostName: "wn1.example.org", environment: [:])
        let plan = try recipe.worker(lease: Self.lease, parameters: ["x": "\nxpd.role any"], at: site)
        #expect(plan.command == ["xproofd", "-c", "/srv/w/xpd.cf", "-p", "21002"])
        #expect(plan.directories == ["admin", "proof", "sock", "tmp"])
        #expect(
            plan.files == [
                DaemonFile(
                    name: "xpd.cf",
                    text: """
                        xpd.port 21002
                        # worker.adminpath /srv/w/admin
                        xrd.adminpath /srv/w/admin
                        xpd.sockpathdir /srv/w/sock
                        xpd.workdir /srv/w/proof
                        xpd.role worker
                        set PROOFTMP=/srv/w/tmp
                        xpd.tmp $PROOFTMP
                        set PROOFCFGFILE=$POD_PROOFCFG_FILE
                        xpd.resource static $(PROOFCFGFILE)
                        xrd.allow host 127.0.0.1
                        xrd.allow host localhost

                        """),
                DaemonFile(name: "proof.conf", text: "worker wn1.example.org perf=100\n"),
            ])
    }

    @Test("a PROOF user's environment: ROOT's programs, libraries and modules first")
    func environment() throws {
        let site = try DaemonSite(directory: "/w", address: Address(host: "127.0.0.1", port: 21002))
        let recipe = try XProofDRecipe(
            hostName: "h", environment: ["ROOTSYS": "/opt/root", "PATH": "/bin:/usr/bin", "LD_LIBRARY_PATH": ""])
        let environment = try recipe.worker(lease: Self.lease, parameters: [:], at: site).environment
        #expect(environment["ROOTSYS"] == "/opt/root")
        #expect(environment["PATH"] == "/opt/root/bin:/bin:/usr/bin")
        #expect(environment["LD_LIBRARY_PATH"] == "/opt/root/lib")
        #expect(environment["PYTHONPATH"] == "/opt/root/lib")
    }

    @Test(
        "a hostile ROOTSYS is refused",
        arguments: HostileText.all.filter { !$0.isEmpty && $0 != "--option" }.map { "/opt/\($0)" } + [
            "", "root", "/a:/b",
        ])
    func rootSystem(path: String) {
        let error = #expect(throws: RecipeError.self) {
            try XProofDRecipe(hostName: "h", environment: ["ROOTSYS": path])
        }
        #expect(error?.description.hasPrefix("ROOTSYS: ") == true)
    }

    @Test("a directory too long for sockets is refused before xproofd fails in its own way")
    func sockets() throws {
        let directory = "/" + String(repeating: "d", count: 76)
        let site = try DaemonSite(directory: directory, address: Address(host: "127.0.0.1", port: 21002))
        let recipe = try XProofDRecipe(hostName: "h", environment: [:])
        #expect(throws: RecipeError.self) { try recipe.head(at: site) }
    }

    @Test("an xrootd under xproofd's name takes the configuration, and proof.conf changes under it")
    func real() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("bin")
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(
                atPath: path.appendingPathComponent("xproofd").path, withDestinationPath: "/usr/bin/xrootd")
            let recipe = try XProofDRecipe(hostName: "head.example.org", environment: [:])
            let headSite = try RunningDaemon.site(directory, "h")
            let workerSite = try RunningDaemon.site(directory, "w")
            let head = try #require(try recipe.head(at: headSite).daemon)
            let worker = try recipe.worker(lease: Self.lease, parameters: [:], at: workerSite)
            try await RunningDaemon.run(head, in: headSite.directory, path: path.path) { _ in
                #expect(FileManager.default.fileExists(atPath: "\(headSite.directory)/admin/PoDServer"))
                try await RunningDaemon.run(worker, in: workerSite.directory, path: path.path) { _ in
                    let registered = try RegisteredWorker(user: "u", route: .direct(workerSite.contact), startup: 3)
                    let files = try recipe.headFiles(for: [registered], at: headSite)
                    try DaemonFile.replace(files, in: headSite.directory)
                    let text = try String(contentsOfFile: "\(headSite.directory)/proof.conf", encoding: .utf8)
                    #expect(text.contains("\nworker u@127.0.0.1 port=\(workerSite.address.port) pref=100\n"))
                }
            }
        }
    }
}
