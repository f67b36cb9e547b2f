use strict;
use warnings;

use AliEn::Service::JobAgent::PoD;
use lib 't/lib';
use PoDTest qw(error_of json_rows private_directory read_file repository wait_for write_file);
use Test::More;
use Time::HiRes qw(time);

{

    package JobAgent;
    sub new { my ($class, %fields) = @_; return bless { LOG => [], %fields }, $class }
    sub info { my ($self, $text) = @_; push @{ $self->{LOG} }, $text; return }
    sub log_text { return join "\n", @{ $_[0]{LOG} } }
}

# A worker program that notes how it was called and ends as it is told.
sub program {
    my ($directory, $code) = @_;
    my $path = write_file("$directory/alien-pod", <<"PERL");
#!$^X
open my \$note, '>>', '$directory/calls' or die;
print \$note join(' ', \@ARGV), "\\n", map { "\$_=\$ENV{\$_}\\n" } sort keys \%ENV;
close \$note;
$code
PERL
    chmod 0700, $path;
    return $path;
}

sub agent {
    my ($repository, %config) = @_;
    return JobAgent->new(
        CONFIG => {
            CE_PODENABLED       => 'yes',
            CE_PODCHECKPERIOD   => 1,
            CE_PODRUNTIME       => 5,
            CE_PODALLOWUNSIGNED => 'yes',
            MONALISA_PODMONALISAURL => $repository->url,
            %config
        });
}

sub check { return AliEn::Service::JobAgent::PoD->checkPoD(@_) }

subtest 'off unless the word is yes' => sub {
    my $repository = repository();
    foreach my $word (undef, '', 'no', 1, 'TRUE', 'YES', 'yes ') {
        my $agent = agent($repository, CE_PODENABLED => $word);
        is(check($agent), 0, 'nothing for ' . (defined $word ? "'$word'" : 'undef'));
        my $is_said = defined $word && $word ne '' && $word ne 'no';
        my $message = $is_said ? "PoD: no PoD: podEnabled (CE_PODENABLED): expected yes or no, found \"$word\"" : '';
        is($agent->log_text, $message, $is_said ? '... which is said' : '... silently');
    }
    is(scalar(() = $repository->requests), 0, 'nobody was asked');
    is(AliEn::Service::JobAgent::PoD->checkPoD(JobAgent->new), 0, 'without a configuration');
    is(check(agent($repository, CE_PODMAXWORKERS => 0)), 0, 'no worker allowed');
    is(check(agent($repository, CE_PODRUNTIME => 0)), 0, 'no time');
    is(scalar(() = $repository->requests), 0, 'still nobody was asked');
};

subtest 'a worker for our master' => sub {
    my $directory = private_directory();
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:21001'], ['42', 'Protocol', 'alien-pod\/1']));
    my $agent = agent($repository);
    local %ENV = (
        PATH => $ENV{PATH}, HOME => '/tmp', X509_USER_PROXY => 'secret', ALIEN_JOB_TOKEN => 'secret',
        JALIEN_TOKEN_KEY => 'secret', JALIEN_TOKEN_CERT => 'secret', ALIEN_PROC_ID => 1, PERL5LIB => 't',
        ALIEN_POD_HOME => '/p'
    );
    is(check($agent, directory => $directory, alien_pod => [program($directory, 'exit 0')], once => 1), 1, 'it worked');
    my @lines = split /\n/, read_file("$directory/calls");
    is($lines[0], "worker --server-info $directory/server_info.json --directory $directory/worker", 'its command line');
    my %environment = map { split /=/, $_, 2 } @lines[1 .. $#lines];
    is_deeply([sort grep { !/^(?:PATH|HOME|PWD|SHLVL|_)$/ } keys %environment], ['ALIEN_POD_HOME'], 'its environment');
    unlike("@lines", qr/secret/, 'no secret');
    is($ENV{X509_USER_PROXY}, 'secret', 'the agent keeps its own');
    like($agent->log_text, qr/worker \d+ started for master 42$/m, 'its start is told');
    like($agent->log_text, qr/worker \d+ ended: exit code 0$/m, 'its end is told');
    isa_ok($agent->{POD_WATCHERS}{1}{watcher}, 'AliEn::PoD::Watcher', 'what the agent keeps');
};

subtest 'a worker for a PoD server' => sub {
    my $directory = private_directory();
    my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:22001']));
    my $program = program($directory, <<'PERL');
use Cwd;
open my $cfg, '<', 'server_info.cfg' or exit 3;
print getcwd(), "\n", <$cfg>;
exit 0;
PERL
    my $agent = agent($repository, CE_PODWORKERCOMMAND => "$program -m worker");
    is(check($agent, directory => $directory, once => 1), 1, 'it worked');
    like(read_file("$directory/calls"), qr/\A-m worker\n/, 'its command line');
    like(read_file("$directory/worker.log"), qr/\A\Q$directory\E\n\[server\]\nhost=a\.example\n/, 'in the directory of its file');

    $agent = agent($repository);
    is(check($agent, directory => $directory, once => 1), 0, 'without a command');
    like($agent->log_text, qr/podWorkerCommand/, '... it is said');
};

subtest 'how a worker ends' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    foreach my $case (
        ['full',      'exit 69',            0, qr/ended: exit code 69$/m],
        ['refused',   'exit 77',            0, qr/ended: exit code 77$/m],
        ['a failure', 'exit 3',             0, qr/ended: exit code 3$/m],
        ['a signal',  'kill KILL => $$',    0, qr/ended: signal 9$/m],
        ['no program', undef,               0, qr/ended: exit code 71$/m],
        )
    {
        my ($name, $code, $worked, $pattern) = @$case;
        my $directory = private_directory();
        my $program = defined $code ? program($directory, $code) : "$directory/none";
        my $agent = agent($repository);
        is(check($agent, directory => $directory, alien_pod => [$program], once => 1), $worked, $name);
        like($agent->log_text, $pattern, '... is told');
    }
};

subtest 'a master that is full is not asked again at once' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $directory = private_directory();
    my $agent = agent($repository, CE_PODRUNTIME => 3);
    is(check($agent, directory => $directory, alien_pod => [program($directory, 'exit 69')]), 0, 'no work');
    is(scalar(() = $agent->log_text =~ /started/g), 1, 'one try');
    is(scalar(() = $agent->log_text =~ /no master wants workers/g), 1, 'and then none');
    check($agent, directory => $directory, alien_pod => ['false']);
    is(scalar(() = $agent->log_text =~ /no master wants workers/g), 1, 'which is told once');
};

subtest 'somebody else reaps the worker' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $directory = private_directory();
    my $agent = agent($repository);
    local $SIG{CHLD} = 'IGNORE';
    is(check($agent, directory => $directory, alien_pod => [program($directory, 'exit 0')], once => 1), 0, 'its end is lost');
    like($agent->log_text, qr/worker \d+ ended: unknown/, 'and said so');
};

subtest 'no failure reaches the agent' => sub {
    my $repository = repository();
    my $directory = private_directory();
    chmod 0777, $directory;
    $repository->answer(json_rows(['42', 'Address', 'a.example:1']));
    foreach my $case (
        ['a period of no number', { CE_PODCHECKPERIOD => 'often' },               qr/podCheckPeriod \(CE_PODCHECKPERIOD\): .* 3600, found "often"/],
        ['a run time of no number', { CE_PODRUNTIME => 'long' },                  qr/podRunTime.*long/],
        ['no URL',                { MONALISA_PODMONALISAURL => undef },           qr/podMonalisaUrl: set neither/],
        ['a wrong URL',           { MONALISA_PODMONALISAURL => 'alimonitor' },    qr/alimonitor/],
        ['a directory for all',   {},                                             qr/\Q$directory\E/],
        )
    {
        my ($name, $config, $pattern) = @$case;
        my $agent = agent($repository, %$config);
        local $@ = 'before';
        my $worked = eval { check($agent, directory => $directory) };
        is($worked, 0, $name);
        like($agent->log_text, qr/no PoD: .*$pattern/, '... is a line in its log');
    }
    my $agent = agent($repository);
    $@ = 'before';
    check($agent, directory => $directory);
    is($@, 'before', '$@ is as it was');
};

subtest 'the agent\'s own exception goes through, and takes the worker with it' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $directory = private_directory();
    my $agent = agent($repository);
    my $program = program($directory, 'sleep 60');
    my $error = error_of(
        sub {
            local $SIG{ALRM} = sub { die "agent ends\n" };
            Time::HiRes::alarm(2);
            check($agent, directory => $directory, alien_pod => [$program], once => 1);
        });
    Time::HiRes::alarm(0);
    is($error, "agent ends\n", 'the exception');
    my ($pid) = $agent->log_text =~ /worker (\d+) started/;
    ok($pid && !kill(0, $pid), 'the worker is gone');
    like($agent->log_text, qr/ended: signal 15/, 'and that is told');
};

subtest 'the time that the agent has' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $directory = private_directory();
    my $agent = agent($repository);
    @$agent{qw(ORIG_TTL JOBAGENTSTARTS)} = (3600, time - 3400);
    is(check($agent, directory => $directory, alien_pod => ['false']), 0, 'too short: nothing');
    is(scalar(() = $repository->requests), 0, '... and nobody is asked');

    $agent = agent($repository);
    @$agent{qw(ORIG_TTL JOBAGENTSTARTS)} = (3600, int(time) - 3600 + 303);
    my $started = time;
    check($agent, directory => $directory, alien_pod => [program($directory, 'sleep 60')], once => 1);
    my ($left) = read_file("$directory/calls") =~ /^worker .* --ttl (\d+)$/m;
    ok($left && $left > 300 && $left <= 303, 'a worker knows what is left of the agent\'s time');
    cmp_ok(time - $started, '<', 12, 'it is stopped before the agent\'s end');
    like($agent->log_text, qr/ended: signal 15/, '... in good order');
};

subtest 'a job that waits comes first' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $directory = private_directory();
    my $asked = 0;
    my $matches_at = 2;
    my $waits_for_worker = 0;
    no warnings 'once';
    local *JobAgent::requestJob = sub {
        my ($self) = @_;
        return undef if $waits_for_worker && $self->log_text !~ /worker \d+ started/;
        push @{ $self->{RETRY} }, $ENV{ALIEN_JOBAGENT_RETRY};
        return ++$asked >= $matches_at ? $self->{JOBLOADED} = 1 : undef;
    };
    local $ENV{ALIEN_JOBAGENT_RETRY} = 7;
    my %options = (directory => $directory, request_period => 1, once => 1);

    my $agent = agent($repository);
    my $started = time;
    is(check($agent, %options, alien_pod => [program($directory, 'sleep 60')]), 1, 'the agent goes on');
    cmp_ok(time - $started, '<', 20, '... soon');
    like($agent->log_text, qr/worker \d+ is stopped: a job was matched/, 'the idle worker is stopped');
    my ($pid) = $agent->log_text =~ /worker (\d+) started/;
    ok($pid && !kill(0, $pid), '... and gone');
    is_deeply([keys %{ { map { $_ => 1 } @{ $agent->{RETRY} } } }], [1], 'a request does not sleep');
    is($ENV{ALIEN_JOBAGENT_RETRY}, 7, '... and leaves the environment as it was');

    $asked = 0;
    $matches_at = 1;
    # A job that comes before the worker would rightly be taken instead of it.
    $waits_for_worker = 1;
    $agent = agent($repository, CE_PODRUNTIME => 6);
    check($agent, %options, alien_pod => [program($directory, 'my $end = time + 4; 1 while time < $end')]);
    like($agent->log_text, qr/worker \d+ ended: exit code 0/, 'a worker that computes is not disturbed');

    $asked = 0;
    $waits_for_worker = 0;
    $repository->answer(json_rows());
    $agent = agent($repository, CE_PODRUNTIME => 60);
    is(check($agent, %options), 1, 'a job ends the looking');
    is($asked, 1, '... at the first');

    $asked = 0;
    $agent = agent($repository, CE_PODRUNTIME => 3);
    @$agent{qw(JOBLIMIT TOTALJOBS)} = (1, 1);
    is(check($agent, %options), 0, 'beyond its number of jobs');
    is($asked, 0, '... an agent asks for none');
};

subtest 'several workers, each with its own place' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $directory = private_directory();
    my $agent = agent($repository, CE_PODMAXWORKERS => 2, CE_PODRUNTIME => 8);
    is(check($agent, directory => $directory, alien_pod => [program($directory, 'sleep 4; exit 69')]), 0, 'no session');
    my @files = read_file("$directory/calls") =~ /--server-info (\S+)/g;
    is_deeply([sort @files[0, 1]], ["$directory/2/server_info.json", "$directory/server_info.json"], 'two files');
};

subtest 'limits' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $directory = private_directory();
    my $agent = agent($repository);
    check($agent, directory => $directory, limits => { least_disk => 1e12 }, alien_pod => ['true']);
    like($agent->log_text, qr/no worker: \d+ MB are free on the disk, \d+ must be left/, 'no room on the disk');
    unlike($agent->log_text, qr/started/, '... no worker');

    $agent = agent($repository, CE_PODRUNTIME => 15);
    my $program = program($directory, 'my $x = "x" x 80_000_000; sleep 60');
    check($agent, directory => $directory, limits => { memory_limit => 50 }, alien_pod => [$program]);
    like($agent->log_text, qr/workers are stopped: \d+ MB of memory are used, 50 are allowed/, 'too much memory');
    like($agent->log_text, qr/ended: signal 15/, '... stops the worker');
};

subtest 'what MonALISA is told, and a directory of its own' => sub {
    my $repository = repository()->answer(
        json_rows(['42', 'Address', 'a.example:1'], ['42', 'Protocol', 'alien-pod\/1']));
    my $directory = private_directory();
    my @sent;
    no warnings 'once';
    local *JobAgent::sendJAStatus = sub { push @sent, [@_[1, 2]]; die "no MonALISA\n" if @sent == 1 };
    my $agent = agent($repository);
    $agent->{WORKDIR} = "$directory/alien-job-17";
    my $program = program($directory, 'print STDERR "x"; exit 0');
    is(check($agent, alien_pod => [$program], once => 1), 1, 'it worked');
    is_deeply(
        \@sent,
        [
            [undef, { pod_status => 'looking', pod_master => 0,  pod_workers => 0 }],
            [undef, { pod_status => 'working', pod_master => 42, pod_workers => 1 }],
            [undef, { pod_status => 'looking', pod_master => 0,  pod_workers => 0 }],
        ],
        'each change once');
    like($agent->log_text, qr/status not sent: no MonALISA/, 'a failure is a line in the log');
    like(read_file("$directory/calls"), qr{--server-info \Q$directory\E/alien-pod-$$/server_info\.json}, 'beside the jobs');
    ok(!-e "$directory/alien-pod-$$", '... and gone afterwards');
};

subtest 'warnings of the settings are in the log' => sub {
    my $agent = agent(repository()->answer(json_rows()), CE_PODRUNTIME => 1, POD_CHEK_PERIOD => 3);
    check($agent, directory => private_directory());
    like($agent->log_text, qr/warning: POD_CHEK_PERIOD: no such setting; the nearest is POD_CHECK_PERIOD/, 'a mistyped key');
};

done_testing;
