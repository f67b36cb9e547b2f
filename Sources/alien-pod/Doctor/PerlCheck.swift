import PoDCore
import PoDRecipes

/// Whether a perl loads `AliEn::PoD`, and the module its library.
struct PerlCheck: Check {
    let name = "perl"
    /// A path, or a name in PATH.
    let perl: String
    /// Where the modules are looked for after those that this perl finds by itself.
    let modules: [String]

    /// Prints perl's version, what it loaded and from where, or why it could not, on the last line.
    private static let program = """
        require lib;
        my @own = @INC;
        lib->import(@ARGV);
        my %own = map { ($_ => 1) } @own;
        @INC = (@own, grep { !$own{$_} } @INC);
        my $loaded = eval { require AliEn::Service::JobAgent::PoD; require AliEn::PoD; 1 };
        my ($why) = split /\\n/, "$@";
        my @found = $loaded
            ? ('loaded', AliEn::PoD::library_version(), $AliEn::PoD::VERSION, $INC{'AliEn/PoD.pm'}) : ('failed', $why);
        push @found, scalar grep { $INC{'AliEn/PoD.pm'} eq "$_/AliEn/PoD.pm" } @own if $loaded;
        print "\\n", join("\\t", sprintf('v%vd', $^V), @found), "\\n";
        """

    func run() async -> Finding {
        let output: String
        do {
            output = try await ShortCommand(
                command: [self.perl, "-e", Self.program] + self.modules, environment: nil
            ).run()
        } catch {
            return .failed(
                .unavailable, "\(self.perl) does not run: \(error)", advice: ["install perl, or name one by --perl"])
        }
        let line = output.split(separator: "\n").last ?? ""
        let words = line.split(separator: "\t").map(String.init)
        guard words.count == 6, words[1] == "loaded" else {
            return .failed(
                .unavailable, "\(self.perl) \(words.first ?? "") can't load AliEn::PoD: \(words.last ?? "no output")",
                advice: ["bin/install --perl \(self.perl) builds it for this perl; PERL5LIB takes its lib/perl5"])
        }
        guard words[2] == Version.current, words[3] == Version.current else {
            return .failed(
                .configuration,
                "AliEn::PoD \(words[3]) of \(words[4]) with library \(words[2]): expected \(Version.current), as this program",
                advice: ["install both from one release; PERL5LIB may name an older one"])
        }
        return .ok(
            "\(self.perl) \(words[0]) loads AliEn::PoD \(words[3]) and its library: \(words[4])",
            advice: words[5] == "0"
                ? ["others find it by PERL5LIB=\(self.modules.joined(separator: ":"))"] : [])
    }
}
