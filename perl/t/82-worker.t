use strict;
use warnings;

use AliEn::PoD;
use AliEn::PoD::Worker;
use lib 't/lib';
use PoDTest qw(child_status error_of private_directory read_file spawn wait_for write_file);
use Test::More;
use Time::HiRes qw(time);

sub worker {
    my ($directory, $code) = @_;
    return AliEn::PoD::Worker->new(
        found              => { protocol => 'pod-agent/6', master_job_id => 42 },
        directory          => $directory,
        pod_worker_command => [$^X, '-e', $code],
    );
}

subtest 'its life' => sub {
    my $directory = private_directory();
    my $worker = worker($directory, '$| = 1; print "ready\n"; print STDERR "too\n"; sleep 60');
    is($worker->exit_code, undef, 'none before it is started');
    is($worker->how_it_ended, 'not started', 'which it can say');
    my $pid = $worker->start;
    is($worker->pid, $pid, 'pid');
    ok(wait_for(10, sub { (read_file("$directory/worker.log") || '') =~ /ready\ntoo/ }), 'its output is in worker.log');
    is($worker->how_it_ended, 'running', 'running');
    ok(!$worker->ended, 'not ended');
    is(getpgrp($pid), $pid, 'a process group of its own');
    $worker->stop;
    is($worker->how_it_ended, 'signal 15', 'ended by SIGTERM');
    is($worker->exit_code, 75, 'to be tried later');
    is(error_of(sub { $worker->stop }), undef, 'stopping twice does no harm');
};

subtest 'its children go with it' => sub {
    my $directory = private_directory();
    my $worker = worker($directory,
        '$| = 1; my $pid = fork; if (!$pid) { sleep 60; exit } print "child $pid\n"; $SIG{TERM} = "IGNORE"; sleep 1; exit 0');
    $worker->start;
    ok(wait_for(10, sub { $worker->ended }), 'it ends and leaves a child');
    my ($child) = read_file("$directory/worker.log") =~ /child (\d+)/;
    ok(kill(0, $child), 'that lives on');
    $worker->stop;
    ok(wait_for(5, sub { !kill 0, $child or (read_file("/proc/$child/stat") || '') =~ /\) Z/ }), 'until the worker is stopped');
};

subtest 'it starts with clean signals and streams' => sub {
    my $directory = private_directory();
    local $SIG{TERM} = sub { die };
    local $SIG{PIPE} = 'IGNORE';
    my $worker = worker($directory, <<'PERL');
print defined $SIG{$_} && $SIG{$_} eq 'IGNORE' ? "$_ ignored\n" : '' foreach qw(TERM PIPE INT);
print "input ", (defined scalar <STDIN> ? 'open' : 'empty'), "\n";
use POSIX ();
my $blocked = POSIX::SigSet->new;
POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new, $blocked);
print "blocked $_\n" foreach grep { $blocked->ismember($_) } 1 .. 31;
PERL
    $worker->start;
    ok(wait_for(10, sub { $worker->ended }), 'ends');
    is(read_file("$directory/worker.log"), "input empty\n", 'nothing is inherited');
    is($worker->exit_code, 0, 'exit code');
};

subtest 'a relative directory' => sub {
    my $directory = private_directory();
    my $here = Cwd::getcwd();
    chdir $directory or die;
    mkdir 'sub' or die;
    my $worker = worker('sub', 'print "here\n"');
    $worker->start;
    my $is_ended = wait_for(10, sub { $worker->ended });
    chdir $here or die;
    ok($is_ended, 'ends');
    is(read_file("$directory/sub/worker.log"), "here\n", 'is found');
    like(error_of(sub { AliEn::PoD::Worker->new }), qr/directory: not set/, 'and needed');
};

subtest 'no END block or destructor of the agent runs in a worker that can not start' => sub {
    my $directory = private_directory();
    my ($text, $status) = PoDTest::run_perl('-MAliEn::PoD', '-MAliEn::PoD::Worker', '-e', <<'PERL', $directory);
END { print "END in ", ($$ == $main::pid ? 'the agent' : 'the worker'), "\n"; $? = 0 }
$main::pid = $$;
my $worker = AliEn::PoD::Worker->new(
    found => { protocol => 'alien-pod/1', server_info_json => 'x' }, directory => $ARGV[0], alien_pod => ['/no/such']);
$worker->start;
select undef, undef, undef, 0.05 until $worker->ended;
print $worker->how_it_ended, "\n";
PERL
    is($text, "exit code 71\nEND in the agent\n", 'once');
    like(read_file("$directory/worker.log"), qr{can't run /no/such: No such file}, 'and why is in its log');
};

done_testing;
