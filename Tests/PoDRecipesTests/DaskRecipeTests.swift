import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

/// What the Dask recipe runs. That it works with a real Dask is for the end-to-end tests.
@Suite struct DaskRecipeTests {
    private let recipe = DaskRecipe(environment: DaskEnvironment(environment: ["ALIEN_POD_CACHE": "/cache"]))
    private let lease = LeaseID(epoch: 5, number: 3)

    @Test("everything listens on loopback, without a dashboard")
    func loopback() throws {
        let head = try #require(try self.recipe.head(in: "/session"))
        let worker = try self.recipe.worker(
            lease: self.lease, parameters: ["scheduler": "tcp://127.0.0.1:8786"], in: "/work")
        for plan in [head, worker] {
            #expect(plan.command.first == "/cache/dask/bin/python")
            #expect(Self.value(of: "--host", in: plan) == "127.0.0.1")
            #expect(Self.value(of: "--dashboard-address", in: plan) == "127.0.0.1:0")
            #expect(plan.command.contains("--no-dashboard"))
        }
        #expect(Self.value(of: "--scheduler-file", in: head) == "/session/scheduler.json")
        #expect(head.ready == .line(containing: "Scheduler at:"))
    }

    @Test("a worker is one process with one thread, named for its lease")
    func worker() throws {
        let plan = try self.recipe.worker(
            lease: self.lease, parameters: ["scheduler": "tcp://127.0.0.1:8786"], in: "/work")
        #expect(plan.command.prefix(5) == ["/cache/dask/bin/python", "-m", "dask", "worker", "tcp://127.0.0.1:8786"])
        #expect(Self.value(of: "--nworkers", in: plan) == "1")
        #expect(Self.value(of: "--nthreads", in: plan) == "1")
        #expect(Self.value(of: "--name", in: plan) == "lease-5.3")
        #expect(Self.value(of: "--local-directory", in: plan) == "/work")
    }

    @Test(
        "a scheduler that is no tcp address never reaches a command line",
        arguments: [
            nil, "", "127.0.0.1:8786", "tls://127.0.0.1:8786", "tcp://", "tcp://host", "tcp://host:0",
            "tcp://host:70000", "tcp://a;rm -rf:1", "tcp://$(x):1", "tcp://--preload:1", "tcp://h:1\n--nthreads 8",
            "tcp://h:1/x",
        ])
    func scheduler(address: String?) throws {
        let parameters = address.map { ["scheduler": $0] } ?? [:]
        let error = #expect(throws: RecipeError.self) {
            try self.recipe.worker(lease: self.lease, parameters: parameters, in: "/work")
        }
        #expect(error?.status == .data)
        #expect(error?.description.hasPrefix("scheduler: ") == true)
    }

    @Test("the scheduler's own file says where it is")
    func headFacts() async throws {
        try await TemporaryDirectory.with { directory in
            let file = directory.appendingPathComponent("scheduler.json")
            try #"{"type":"Scheduler","address":"tcp://127.0.0.1:41234"}"#.write(
                to: file, atomically: true, encoding: .utf8)
            let facts = try await self.recipe.headFacts(in: directory.path)
            #expect(facts.workerParameters == ["scheduler": "tcp://127.0.0.1:41234"])
            #expect(facts.details.map(\.name) == ["scheduler", "python"])
        }
    }

    @Test(
        "the environment stands where the caches of a user stand",
        arguments: [
            (["ALIEN_POD_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/a/dask/bin/python"),
            (["XDG_CACHE_HOME": "/b", "HOME": "/c"], "/b/alien-pod/dask/bin/python"),
            (["HOME": "/c"], "/c/.cache/alien-pod/dask/bin/python"),
        ])
    func place(environment: [String: String], python: String) {
        #expect(DaskEnvironment(environment: environment).python == python)
    }

    private static func value(of option: String, in plan: DaemonPlan) -> String? {
        plan.command.firstIndex(of: option).flatMap { index in
            plan.command.indices.contains(index + 1) ? plan.command[index + 1] : nil
        }
    }
}
