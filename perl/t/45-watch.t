use strict;
use warnings;

use AliEn::PoD;
use JSON::PP qw(decode_json);
use lib 't/lib';
use PoDTest qw(error_of json_rows private_directory read_file repository slow_server write_file);
use Test::More;
use Time::HiRes qw(time);

sub watcher {
    my ($repository, %more) = @_;
    return AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1, user => 'poduser', %more);
}

subtest 'a master is found and its files are written' => sub {
    my $directory = private_directory();
    my $repository = repository()->answer(
        json_rows(
            ['1234567890', 'Address',  'pod-master.example.org:22001', 5],
            ['1234567890', 'Wanted',   '7',                            5],
            ['1234567890', 'Protocol', 'pod-agent\/6',                 5]));
    my $found = watcher($repository, directory => $directory)->check;
    is($found->{master_job_id},    '1234567890',                   'master_job_id');
    is($found->{host},             'pod-master.example.org',       'host');
    is($found->{port},             22001,                          'port');
    is($found->{address},          'pod-master.example.org:22001', 'address');
    is($found->{protocol},         'pod-agent/6',                  'protocol');
    is($found->{wanted},           7,                              'wanted');
    is($found->{farm},             'CERN',                         'farm');
    like($found->{age}, qr/^[4-9]$/, 'age');
    is($found->{server_info},      "$directory/server_info.cfg",   'server_info');
    is($found->{server_info_json}, "$directory/server_info.json",  'server_info_json');
    is(read_file($found->{server_info}), "[server]\nhost=pod-master.example.org\nuser=poduser\nport=22001\n\n",
        'server_info.cfg, byte for byte');
    is((stat $found->{$_})[2] & 07777, 0600, "mode of $_") foreach qw(server_info server_info_json);
    my $document = decode_json(read_file($found->{server_info_json}));
    is($document->{masterJobId}, '1234567890', 'the id in server_info.json is text');
    is($document->{address}, 'pod-master.example.org:22001', 'address in server_info.json');
    opendir(my $handle, $directory) or die "opendir: $!";
    is_deeply([sort grep { !/^\.\.?$/ } readdir $handle], ['server_info.cfg', 'server_info.json'], 'nothing else');
    my ($request) = $repository->requests;
    like($request, qr{^GET /rest/\*/PoD_Masters/\*/-60000/-1/Address\S* HTTP/1\.1\n}, 'the question');
    like($request, qr{^User-Agent: alien-pod/}m, 'with a User-Agent');
};

subtest 'who a master is' => sub {
    my $repository = repository();
    my $watcher = watcher($repository);
    foreach my $case (
        ['old style: Address alone', [['5', 'Address', 'a.example:1']], { protocol => 'pod-agent/6', wanted => 1 }],
        ['IPv6', [['5', 'Address', '[::1]:21001']], { host => '::1', port => 21001, address => '[::1]:21001' }],
        ['two farms, the newest counts',
            [['5', 'Address', 'old.example:1', 30, 'A'], ['5', 'Address', 'new.example:1', 3, 'B']],
            { host => 'new.example', farm => 'B' }],
        ['the largest id', [['9223372036854775807', 'Address', 'a.example:1']],
            { master_job_id => '9223372036854775807' }],
        )
    {
        my ($name, $rows, $expected) = @$case;
        my $found = $repository->answer(json_rows(@$rows)) && $watcher->check;
        is_deeply({ map { $_ => $found->{$_} } keys %$expected }, $expected, $name);
    }
};

subtest 'rows that are not believed are skipped with their reason, and hide no good one' => sub {
    my @good = ('42', 'Address', 'good.example:21001', 5);
    foreach my $case (
        ['a host that is none',   ['43', 'Address', 'bad host:1'],             qr/Address|host/i],
        ['port 0',                ['43', 'Address', 'a.example:0'],            qr/port/i],
        ['port 70000',            ['43', 'Address', 'a.example:70000'],        qr/port/i],
        ['no port',               ['43', 'Address', 'a.example'],              qr/port|Address/i],
        ['letters in the id',     ['12abc', 'Address', 'a.example:1'],         qr/12abc/],
        ['an id of 2^63',         ['9223372036854775808', 'Address', 'a.example:1'], qr/9223372036854775808/],
        ['a time in the future',  ['43', 'Address', 'a.example:1', -3600],     qr/future/],
        ['a line break',          ['43', 'Address', 'a.example\n[x]:1'],       qr/Address|host/i],
        ['another cluster',       ['43', 'Address', 'a.example:1', 0, 'CERN', 'Other'], qr/cluster/i],
        )
    {
        my ($name, $row, $reason) = @$case;
        my @log;
        my $repository = repository()->answer(json_rows($row, \@good));
        my $found = watcher($repository, log => sub { push @log, $_[0] })->check;
        is($found && $found->{master_job_id}, 42, "$name: the good one is found");
        like("@log", $reason, '... and the other is told');
    }
};

subtest 'answers that are none' => sub {
    my $directory = private_directory();
    my $repository = repository()->answer(json_rows(['42', 'Address', 'before.example:1']));
    my $watcher = watcher($repository, directory => $directory);
    $watcher->check;
    my $before = read_file("$directory/server_info.cfg");
    foreach my $case (
        ['an empty answer',    ''],
        ['truncated JSON',     '{"results":[{"Farm":"CERN","Clus'],
        ['HTML with status 200', '<html><body>Error</body></html>', type => 'text/html'],
        ['JSON of another kind', '{"masters":[]}'],
        ['an error status',    '{}', status => '500 Internal Server Error'],
        ['a missing page',     '{}', status => '404 Not Found'],
        ['an answer cut off',  json_rows(['42', 'Address', 'a.example:1']), length => 100000],
        ['binary',             join '', map { chr } 0 .. 255],
        ['deep nesting',       '[' x 100000],
        )
    {
        my ($name, $body, %options) = @$case;
        $repository->answer($body, %options);
        my $error = error_of(sub { $watcher->check });
        isa_ok($error, 'AliEn::PoD::Error', $name);
        like($error->code, qr/^(?:65|69)$/, '... by its code');
        like($error, qr/\Q127.0.0.1\E/, '... names where');
        is(read_file("$directory/server_info.cfg"), $before, '... and the file is as it was');
    }
    $repository->answer(json_rows());
    is($watcher->check, undef, 'no master is no error');
    is(read_file("$directory/server_info.cfg"), $before, '... and the file is as it was');
    my $error = error_of(sub { AliEn::PoD::Watcher->new(repository => 'http://127.0.0.1:1')->check });
    cmp_ok($error, '==', 69, 'nobody there');
    $error = error_of(sub { AliEn::PoD::Watcher->new(repository => 'http://no-such-host.invalid')->check });
    cmp_ok($error, '==', 69, 'no such host');
};

subtest 'an answer of 200 MB' => sub {
    my $megabyte = '{"results":[' . ' ' x ((1 << 20) - 12);
    foreach my $case (
        ['that tells its length', repeat => 200, length => 200 << 20],
        ['that does not',         repeat => 200],
        )
    {
        my ($name, %options) = @$case;
        my $directory = private_directory();
        my $repository = repository()->answer($megabyte, %options);
        my $before = largest_resident();
        my $error = error_of(sub { watcher($repository, directory => $directory)->check });
        cmp_ok($error, '==', 69, "$name is cut off");
        like($error, qr/larger than/, '... and it is said');
        ok(!-e "$directory/server_info.cfg", '... and nothing is written');
        cmp_ok(largest_resident() - $before, '<', 100 * 1024, '... and most of it was never held') if $before;
    }
};

# The most memory that this process ever held, in kilobytes.
sub largest_resident {
    my $status = read_file('/proc/self/status');
    return defined $status && $status =~ /^VmHWM:\s*(\d+)/m ? $1 : 0;
}

subtest 'the same row twice' => sub {
    my @row = ('42', 'Address', 'a.example:21001', 5);
    my $repository = repository()->answer(json_rows(@{ [\@row, \@row, ['42', 'Wanted', 3, 5], ['42', 'Wanted', 3, 5]] }));
    my $found = watcher($repository)->check;
    is($found->{address}, 'a.example:21001', 'is one master');
    is($found->{wanted}, 3, 'that wants what it says');
};

subtest 'the next repository is asked when one fails' => sub {
    my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:1']));
    my @log;
    my $watcher = AliEn::PoD::Watcher->new(
        repository     => ['http://127.0.0.1:1', $repository->url],
        allow_unsigned => 1,
        log            => sub { push @log, $_[0] }
    );
    is($watcher->check->{master_job_id}, 42, 'found');
    like("@log", qr/127\.0\.0\.1:1\b/, 'the first is told');
};

subtest 'nothing unsigned is believed unless that is allowed' => sub {
    my $directory = private_directory();
    my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:1']));
    my @log;
    my $watcher = AliEn::PoD::Watcher->new(
        repository => $repository->url, directory => $directory, log => sub { push @log, $_[0] });
    is($watcher->check, undef, 'no master');
    like("@log", qr/not signed/, 'and why');
    ok(!-e "$directory/server_info.cfg", 'nothing is written');
};

subtest 'just the master that was asked for' => sub {
    my $repository = repository()->answer(
        json_rows(map { [$_, 'Address', "a$_.example:1"] } 1 .. 30));
    my $watcher = watcher($repository, master_job_id => 17);
    is($watcher->check->{master_job_id}, 17, 'again and again') for 1 .. 5;
    is(watcher($repository, master_job_id => 99)->check, undef, 'or none');
};

subtest 'a master that refused is left alone' => sub {
    foreach my $code (69, 75, 77) {
        my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:1']));
        my $watcher = watcher($repository);
        is($watcher->check->{master_job_id}, 42, 'found');
        $watcher->worker_ended($code);
        is($watcher->check, undef, "not after exit code $code");
    }
    my $watcher = watcher(repository()->answer(json_rows(['42', 'Address', 'a.example:1'])));
    $watcher->check;
    $watcher->worker_ended(0);
    ok($watcher->check, 'but again after a session');
};

subtest 'a directory that somebody else can write to' => sub {
    my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:1']));
    foreach my $mode (0777, 0770, 0702) {
        my $directory = private_directory();
        chmod $mode, $directory;
        my $error = error_of(sub { watcher($repository, directory => $directory)->check });
        cmp_ok($error, '==', 77, sprintf 'mode %04o is refused', $mode);
        like($error, qr/\Q$directory\E/, '... by name');
        ok(!-e "$directory/server_info.cfg", '... and nothing is written');
    }
    my $error = error_of(sub { watcher($repository, directory => '/no/such/directory')->check });
    cmp_ok($error, '==', 73, 'one that is not there');
    my $file = write_file(private_directory() . '/file', '');
    cmp_ok(error_of(sub { watcher($repository, directory => $file)->check }), '==', 73, 'one that is a file');
};

subtest 'the name of a directory' => sub {
    my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:1']));
    my $parent = private_directory();
    my $bytes = "$parent/caf\xc3\xa9 \xe2\x82\xac";
    mkdir $bytes, 0700 or die "mkdir: $!";
    is(watcher($repository, directory => $bytes)->check->{host}, 'a.example', 'of any text is taken, as its bytes');
    ok(-e "$bytes/server_info.cfg", '... and used');
    my $error = error_of(sub { watcher($repository, directory => "$parent/caf\xe9") });
    cmp_ok($error, '==', 64, 'that is no UTF-8 is refused');
    like($error, qr/directory: not UTF-8/, '... by name');
    cmp_ok(error_of(sub { watcher($repository, directory => "$parent\0/x") }), '==', 64, 'with a NUL is refused');
};

subtest 'a failure leaves the previous file whole' => sub {
    my $repository = repository()->answer(json_rows(['42', 'Address', 'one.example:1']));
    my $directory = private_directory();
    my $watcher = watcher($repository, directory => $directory);
    $watcher->check;
    my $before = read_file("$directory/server_info.cfg");
    my $inode = (stat "$directory/server_info.cfg")[1];
    # Nothing can be renamed onto a directory that is not empty, whoever we are.
    unlink "$directory/server_info.json";
    mkdir "$directory/server_info.json";
    write_file("$directory/server_info.json/full", '');
    $repository->answer(json_rows(['42', 'Address', 'two.example:1']));
    my $error = error_of(sub { $watcher->check });
    cmp_ok($error, '==', 73, 'it fails');
    is(read_file("$directory/server_info.cfg"), $before, 'the file is as it was');
    is((stat "$directory/server_info.cfg")[1], $inode, 'the very same');
    opendir(my $handle, $directory) or die "opendir: $!";
    is((() = grep { /^\.server/ } readdir $handle), 0, 'no temporary file is left');
    rename "$directory/server_info.json", "$directory/away";
    $watcher->check;
    like(read_file("$directory/server_info.cfg"), qr/two\.example/, 'and the next one replaces it');
    isnt((stat "$directory/server_info.cfg")[1], $inode, 'as a whole');
};

subtest 'a link in the place of the file is replaced, not followed' => sub {
    my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:1']));
    my $directory = private_directory();
    my $victim = write_file(private_directory() . '/victim', "mine\n");
    symlink $victim, "$directory/server_info.cfg";
    watcher($repository, directory => $directory)->check;
    is(read_file($victim), "mine\n", 'the other file is as it was');
    ok(!-l "$directory/server_info.cfg", 'and the link is gone');
};

subtest 'a run' => sub {
    my $repository = repository();
    my $started = time;
    is(watcher($repository, run_time => 1, check_period => 1)->run, undef, 'ends without a master');
    cmp_ok(time - $started, '<', 5, 'after its time');
    is(watcher($repository)->run(run_time => 0), undef, 'of 0 s never looks');
    $repository->answer(json_rows(['42', 'Address', 'a.example:1']));
    my $found = watcher($repository, check_period => 1)->run(run_time => 10);
    is($found && $found->{master_job_id}, 42, 'finds one');
    my @log;
    $repository->answer('no', status => '503 Service Unavailable');
    is(watcher($repository, check_period => 1, run_time => 3, log => sub { push @log, $_[0] })->run, undef,
        'outlives a repository that fails');
    is(scalar(grep { /503/ } @log), 1, 'and tells that once');
};

done_testing;
