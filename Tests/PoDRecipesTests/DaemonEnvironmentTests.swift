import PoDRecipes
import Testing

@Suite struct DaemonEnvironmentTests {
    @Test("what is needed to run passes; proxies, tokens and the JobAgent's own do not")
    func allowed() {
        let needed = [
            "PATH": "/bin", "HOME": "/home/user", "LANG": "C", "LC_ALL": "C", "TMPDIR": "/tmp",
            "LD_LIBRARY_PATH": "/lib", "https_proxy": "http://squid:3128",
        ]
        let secret = [
            "X509_USER_PROXY": "/tmp/x509", "X509_CERT_DIR": "/etc", "ALIEN_JOB_TOKEN": "t", "ALIEN_PROC_ID": "1",
            "JALIEN_TOKEN_CERT": "c", "JALIEN_TOKEN_KEY": "k", "APMON_CONFIG": "h:8884 password", "BEARER_TOKEN": "b",
            "AWS_SECRET_ACCESS_KEY": "s", "LD_PRELOAD": "/evil.so", "PYTHONSTARTUP": "/evil.py",
        ]
        #expect(DaemonEnvironment.allowed(of: needed.merging(secret) { $1 }) == needed)
    }
}
