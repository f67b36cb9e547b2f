import AliEnSite
import Testing

@Suite struct AliEnOutputTests {
    @Test("the server's words are not parted by line breaks")
    func parts() {
        let output = """
            Let's execute the commands in the file /tmp/x
            Executing 'pwd' ...
            Current path is: /alice/cern.ch/user/a/alice/
            Executing 'stat /x' ...
            File /x Type: f  Perm: 600 Size: 12Executing 'kill 7' ...
            Process 7 killed!!
            """
        let commands = ["pwd", "stat /x", "kill 7"]
        let parts = AliEnOutput.parts(of: output, by: commands)
        #expect(parts.count == 3)
        #expect(AliEnOutput.currentPath(in: parts[0]) == "/alice/cern.ch/user/a/alice")
        #expect(AliEnOutput.entry(in: parts[1])?.mode == "600")
        #expect(AliEnOutput.entry(in: parts[1])?.size == 12)
        #expect(AliEnOutput.isKilled("7", in: parts[2]) && !AliEnOutput.isKilled("77", in: parts[2]))
        #expect(AliEnOutput.parts(of: output, by: commands + ["pwd"]).count < 4)
        #expect(AliEnOutput.parts(of: "Error: the certificate has expired", by: commands) == [])
    }

    @Test("ps is read, glued together as it is")
    func queue() {
        let text =
            "Nov 27 08:00:00  info\tAsking for ps (-A -S -id=1234)...\n"
            + "alice      1234    RS            /alice/worker.shalice      -1235   R   01:02:03  worker.sh"
            + "averylongname -1236   ERROR_I            worker.shNov 27 08:00:01  info\tps done with 3  entries"
        #expect(
            AliEnOutput.queue(of: "1234", in: text) == [
                GridQueueEntry(id: "1234", state: "SPLIT"),
                GridQueueEntry(id: "1235", state: "RUNNING", parent: "1234"),
                GridQueueEntry(id: "1236", state: "ERROR_I", parent: "1234"),
            ])
        #expect(AliEnOutput.queue(of: "27", in: "Nov 27 08:00:00  info\tps done with -1  entries") == [])
    }

    @Test func submission() {
        #expect(AliEnOutput.submittedJob(in: "Nov 27 08:00:00  info\tCommand submitted (job 1234)!!\n") == "1234")
        #expect(AliEnOutput.submittedJob(in: "The job manager didn't want to insert the job: quota") == nil)
    }
}
