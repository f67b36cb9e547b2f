use strict;
use warnings;

use lib 't/lib';
use PoDTest qw(child_status decode json_rows private_directory read_file receiver repository script spawn stop
    wait_for write_file);
use Test::More;

# Runs one of our scripts: its standard output, standard error and exit code.
sub run_script {
    my ($name, @arguments) = @_;
    my $directory = private_directory();
    my $pid = start_script($directory, $name, @arguments);
    my $status = child_status($pid, 30);
    return (read_file("$directory/out"), read_file("$directory/err"), defined $status ? $status >> 8 : 'none');
}

sub start_script {
    my ($directory, $name, @arguments) = @_;
    return spawn(
        sub {
            open STDOUT, '>', "$directory/out";
            open STDERR, '>', "$directory/err";
            delete $ENV{APMON_CONFIG};
            no warnings 'exec';
            exec $^X, '-Mblib', script($name), @arguments;
            return 127;
        });
}

my $time = qr/^\d\d:\d\d:\d\d \d+ /m;

subtest 'help and usage' => sub {
    foreach my $name ('alien-pod-publish', 'alien-pod-jobagent') {
        my ($out, $err, $code) = run_script($name, '--help');
        is($code, 0, "$name --help");
        like($out, qr/Usage:.*--\w/s, '... says how');
        foreach my $arguments (['--no-such-flag'], [], ['extra']) {
            ($out, $err, $code) = run_script($name, @$arguments);
            is($code, 64, "$name @$arguments");
            like($err, qr/Usage:/, '... says how');
        }
    }
};

subtest 'publish once' => sub {
    my $receiver = receiver();
    my @master = ('--job-id', 77, '--address', 'a.example:21001', '--destination', $receiver->address);
    my ($out, $err, $code) = run_script('alien-pod-publish', @master, '--workers', 3, '--once');
    is($code, 0, 'exit code');
    my $datagram = decode($receiver->next);
    is($datagram->{node}, 77, 'MasterJobId');
    is($datagram->{parameters}{Wanted}, 3, 'Wanted');
    like($out, qr/${time}1 datagrams? sent/, 'it is told');
    ($out, $err, $code) = run_script('alien-pod-publish', '--job-id', '12abc', @master[2 .. 5], '--once');
    is($code, 64, 'a wrong id');
    like($err, qr/12abc/, '... is named');
    ($out, $err, $code) = run_script('alien-pod-publish', @master[0 .. 3], '--destination', 'no-such-host.invalid', '--once');
    is($code, 69, 'no such destination');
};

subtest 'publish until a signal' => sub {
    my $receiver = receiver();
    my $directory = private_directory();
    my $pid = start_script($directory, 'alien-pod-publish', '--job-id', 77, '--address', 'a.example:21001',
        '--destination', $receiver->address, '--period', 1);
    ok($receiver->next(10), "datagram $_") foreach 1 .. 3;
    is(stop($pid), 0, 'ends well');
    like(read_file("$directory/out"), qr/${time}ended by a signal/, 'and says so');
};

subtest 'publish for a PoD server, by the number of its workers' => sub {
    my $receiver = receiver();
    my $directory = private_directory();
    my $file = write_file("$directory/count", "1\n");
    my $pid = start_script($directory, 'alien-pod-publish', '--job-id', 77, '--address', 'a.example:21001',
        '--destination', $receiver->address, '--period', 1, '--workers', 3, '--count-command', "cat $file");
    my $datagram = decode($receiver->next(10));
    is($datagram->{parameters}{Wanted}, 2, 'two are missing');
    is($datagram->{parameters}{Protocol}, 'pod-agent/6', 'of the kind it speaks');
    write_file($file, "3\n");
    my @withdrawals;
    my $is_withdrawn = wait_for(
        15,
        sub {
            my $bytes = $receiver->next(0.5);
            push @withdrawals, 1 if defined $bytes && decode($bytes)->{parameters}{Wanted} == 0;
            return @withdrawals == 3;
        });
    ok($is_withdrawn, 'enough: three withdrawals');
    ok(!$receiver->next(2.5), 'then silence');
    write_file($file, "none\n");
    ok(!$receiver->next(2), 'a count that is none: silence');
    write_file($file, "2\n");
    is(decode($receiver->next(10))->{parameters}{Wanted}, 1, 'one is lost: again');
    is(stop($pid), 0, 'ends well');
    my $out = read_file("$directory/out");
    like($out, qr/3 workers, enough/, 'enough is told');
    like($out, qr/can't count/, 'and so is a failure');
};

subtest 'a JobAgent without AliEn' => sub {
    my $directory = private_directory();
    my $repository = repository();
    my @site = ('--repository', $repository->url, '--directory', "$directory/agent", '--check-period', 1);
    my ($out, $err, $code) = run_script('alien-pod-jobagent', @site, '--run-time', 1, '--allow-unsigned');
    is($code, 69, 'no master');
    like($out, qr/${time}PoD: no master wants workers$/m, '... is told');
    is($err, '', '... and nothing else');

    $repository->answer(json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $program = write_file("$directory/alien-pod", "#!/bin/sh\necho \"\$@\"\nexec sleep 60\n");
    chmod 0700, $program;
    my $pid = start_script($directory, 'alien-pod-jobagent', @site, '--allow-unsigned', '--once', '--alien-pod', $program);
    ok(wait_for(15, sub { (read_file("$directory/agent/worker.log") || '') =~ /^worker --server-info/ }), 'a worker starts');
    my ($worker) = read_file("$directory/out") =~ /worker (\d+) started for master 42$/m;
    ok($worker && kill(0, $worker), 'and runs');
    is(stop($pid), 0, 'SIGTERM ends the agent');
    ok(!kill(0, $worker), 'and the worker');
    like(read_file("$directory/out"), qr/${time}PoD: worker $worker ended: signal 15$/m, '... is told');

    $program = write_file("$directory/alien-pod", "#!/bin/sh\nexit 0\n");
    ($out, $err, $code) = run_script('alien-pod-jobagent', @site, '--allow-unsigned', '--once', '--alien-pod', $program,
        '--job-id', 42);
    is($code, 0, 'a worker that had a slot');
    like($out, qr/worker \d+ ended: exit code 0$/m, '... is told');

    $pid = start_script($directory, 'alien-pod-jobagent', @site, '--allow-unsigned', '--once', '--ticket-file',
        write_file("$directory/ticket", "t\n"), '--key-file', write_file("$directory/key.pem", "k\n"), '--alien-pod',
        write_file("$directory/alien-pod", "#!/bin/sh\necho \"\$@\"\nexec sleep 60\n"));
    ok(wait_for(15, sub { (read_file("$directory/agent/worker.log") || '') =~ m{--ticket-file \S+/ticket --key-file \S+/key\.pem$}m }),
        "the site's ticket and key are handed on");
    stop($pid);

    ($out, $err, $code) = run_script('alien-pod-jobagent', @site, '--run-time', 2);
    is($code, 69, 'without --allow-unsigned');
    like($out, qr/not signed/, '... nothing unsigned is believed');
};

done_testing;
