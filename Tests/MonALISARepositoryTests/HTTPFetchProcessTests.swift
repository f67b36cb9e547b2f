import Glibc
import MonALISARepository
import PoDTestKit
import Testing

/// What needs a process of its own: its environment, its descriptors, its children.
@Suite(.timeLimit(.minutes(10))) struct HTTPFetchProcessTests {
    @Test("goes through the proxy that the environment names")
    func proxy() async throws {
        let port = try LoopbackServer.shared.get().ports.http
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { [port = port as Int] in
            unsetenv("no_proxy")
            unsetenv("NO_PROXY")
            setenv("http_proxy", "http://127.0.0.1:\(port)", 1)
            let answer = try HTTPFetch().get("http://repository.invalid/rest/x", accept: "*/*")
            #expect(answer.body == Array("by proxy: http://repository.invalid/rest/x".utf8))
        }
    }

    @Test("works with descriptors that select(2) can't hold")
    func manyDescriptors() async throws {
        let port = try LoopbackServer.shared.get().ports.http
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { [port = port as Int] in
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = min(limit.rlim_max, 4096)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            while case let descriptor = open("/dev/null", O_RDONLY), descriptor < 1100 {
                try #require(descriptor >= 0)
            }
            let fetch = HTTPFetch()
            try fetch.start("http://127.0.0.1:\(port)/late/50", accept: "*/*")
            var highest: Int32 = 0
            while case .wait(let wait) = fetch.step() {
                highest = max(highest, wait.sockets.map(\.descriptor).max() ?? 0)
                var polls = wait.sockets.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
                poll(&polls, nfds_t(polls.count), wait.milliseconds)
            }
            #expect(highest > 1100)
            guard case .finished(.success(let answer)) = fetch.step() else {
                Issue.record("no answer")
                return
            }
            #expect(answer.body == Array("late".utf8))
        }
    }

    @Test("gives a child its own connection and leaves the parent's alone")
    func forked() async throws {
        let port = try LoopbackServer.shared.get().ports.http
        keepSocketsFromChildren()
        await #expect(processExitsWith: .success) { [port = port as Int] in
            let fetch = HTTPFetch()
            let url = "http://127.0.0.1:\(port)/client-port"
            let before = try fetch.get(url, accept: "*/*").body
            try fetch.start(url, accept: "*/*")
            let child = fork()
            if child == 0 {
                // What was under way is the parent's.
                guard case .finished(.failure) = fetch.step() else { _exit(2) }
                guard let other = try? fetch.get(url, accept: "*/*").body, other != before else { _exit(3) }
                guard let again = try? fetch.get(url, accept: "*/*").body, again == other else { _exit(4) }
                _exit(0)
            }
            try #require(child > 0)
            var status: Int32 = 0
            waitpid(child, &status, 0)
            #expect(status == 0)
            #expect(try fetch.get(url, accept: "*/*").body == before)
        }
    }
}
