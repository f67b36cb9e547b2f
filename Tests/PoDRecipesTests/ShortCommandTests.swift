import PoDCore
import PoDRecipes
import Testing

@Suite(.timeLimit(.minutes(10))) struct ShortCommandTests {
    @Test("it returns what was printed, not what was complained")
    func output() async throws {
        let output = try await ShortCommand(
            command: ["sh", "-c", "echo out; echo error >&2; echo $A"], environment: ["A": "b"]
        )
        .run()
        #expect(output == "out\nb\n")
    }

    @Test(
        "what goes wrong is told on one line",
        arguments: [
            (["sh", "-c", "echo 'why\t' >&2; exit 3"], #""why\t""#), (["/nonexistent/program"], "/nonexistent/program"),
            (["pod-no-such-program"], "pod-no-such-program"), (["sh", "-c", "yes"], "sh"),
        ])
    func failure(command: [String], text: String) async throws {
        let error = await #expect(throws: RecipeError.self) { try await ShortCommand(command: command).run() }
        #expect(error?.status == .unavailable)
        #expect(error?.description.contains(text) == true)
        #expect(error?.description.utf8.contains(0x0A) == false)
    }

    @Test("when its time is over, it and its children are ended")
    func limit() async throws {
        let start = ContinuousClock.now
        let error = await #expect(throws: RecipeError.self) {
            try await ShortCommand(command: ["sh", "-c", "sleep 600; true"], limit: .milliseconds(200)).run()
        }
        #expect(error?.description.contains("no end within 0.2 seconds") == true)
        #expect(ContinuousClock.now - start < .seconds(300))
    }
}
