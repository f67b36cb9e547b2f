import ApMon
import Testing

@Suite struct ApMonConfigurationTests {
    /// The file from which the known datagrams `perl-conf-file` and `c-conf-file` were sent.
    @Test func readsWhatTheRealSendersRead() throws {
        let configuration = try ApMonConfiguration(
            parsing: """
                # destinations for the capture run

                127.0.0.1:18884   secretpw
                xApMon_sys_monitoring = off
                xApMon_job_monitoring = off
                xApMon_general_info = off
                xApMon_maxMsgRate = 1000
                xApMon_conf_recheck = off

                """, source: "apmon.conf")
        #expect(configuration.destinations == [.init(host: "127.0.0.1", port: 18884, password: "secretpw")])
        #expect(configuration.maximumRate == 1000)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func readsWindowsLinesCommentsAndBlanks() throws {
        let configuration = try ApMonConfiguration(
            parsing: "  a.example \r\n\t# no\r\n#b.example\r\n\r\n[::1]:5\tpw\r\nxApMon_maxMsgRate=30", source: "f")
        #expect(configuration.destinations == [.init(host: "a.example"), .init(host: "::1", port: 5, password: "pw")])
        #expect(configuration.maximumRate == 30)
    }

    @Test(arguments: [
        ("xApMon_colour = blue", "f line 1: unknown option xApMon_colour"),
        ("xApMon_\u{1B}[2J\u{7F} = 1", "f line 1: unknown option xApMon_?[2J?"),
        ("\nxApMon_maxMsgRate = many", "f line 2: xApMon_maxMsgRate: expected a number above 0"),
        ("xApMon_maxMsgRate = 0", "f line 1: xApMon_maxMsgRate: expected a number above 0"),
        ("xApMon_maxMsgRate = 99999999999999999999", "f line 1: xApMon_maxMsgRate: expected a number above 0"),
        ("xApMon_loglevel", "f line 1: expected xApMon_NAME = VALUE"),
    ])
    func warnsOfOptions(text: String, warning: String) throws {
        let configuration = try ApMonConfiguration(parsing: text, source: "f")
        #expect(configuration.warnings == [warning])
        #expect(configuration.destinations.isEmpty)
        #expect(configuration.maximumRate == nil)
    }

    @Test func namesTheLineThatIsWrong() throws {
        let error = try #require(throws: ApMonError.self) {
            try ApMonConfiguration(parsing: "# one\ngood.example\nbad.example:0\n", source: "apmon.conf")
        }
        #expect("\(error)".hasPrefix("apmon.conf line 3: "))
        #expect("\(error)".contains("expected a port from 1 to 65535"))
    }
}
