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

subtest 'settings: CE before MonaLisa before VO, lists for the URL' => sub {
    my $settings = \&AliEn::Service::JobAgent::PoD::settings;
    is($settings->({})->{enabled},      'no', 'off by default');
    is($settings->({})->{check_period}, 30,   'y by default');
    is($settings->({})->{run_time},     300,  'x by default');
    my %config = (POD_CHECK_PERIOD => 1, POD_RUN_TIME => 11, POD_ENABLED => 'yes');
    is($settings->(\%config)->{check_period}, 1, 'of the VO');
    $config{MONALISA_PODCHECKPERIOD} = 2;
    is($settings->(\%config)->{check_period}, 2, 'of the MonaLisa entry');
    $config{CE_PODCHECKPERIOD} = 3;
    is($settings->(\%config)->{check_period}, 3, 'of the CE');
    is($settings->(\%config)->{run_time}, 11, 'each by itself');
    $config{CE_PODCHECKPERIOD} = '';
    is($settings->(\%config)->{check_period}, 2, 'an empty one is none');
    is_deeply(
        $settings->({ MONALISA_PODMONALISAURL => 'http://a', MONALISA_PODMONALISAURL_LIST => ['http://a', 'http://b'] })
            ->{repository}, ['http://a', 'http://b'], 'several URLs');
    is($settings->({ CE_PODMONALISAURL => 'http://a' })->{repository}, 'http://a', 'one URL');
};

subtest 'off unless the word is yes' => sub {
    my $repository = repository();
    foreach my $word (undef, '', 'no', 1, 'TRUE', 'YES', 'yes ') {
        my $agent = agent($repository, CE_PODENABLED => $word);
        is(check($agent), 0, 'nothing for ' . (defined $word ? "'$word'" : 'undef'));
        is($agent->log_text, '', '... silently');
    }
    is(scalar(() = $repository->requests), 0, 'nobody was asked');
    is(AliEn::Service::JobAgent::PoD->checkPoD(JobAgent->new), 0, 'without a configuration');
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
    isa_ok($agent->{POD_WATCHER}, 'AliEn::PoD::Watcher', 'what the agent keeps');
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
        ['a period of no number', { CE_PODCHECKPERIOD => 'often' },               qr/check_period.*often/],
        ['a run time of no number', { CE_PODRUNTIME => 'long' },                  qr/run_time.*long/],
        ['no URL',                { MONALISA_PODMONALISAURL => undef },           qr/repository/],
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
    cmp_ok(time - $started, '<', 12, 'a worker is stopped before the agent\'s end');
    like($agent->log_text, qr/ended: signal 15/, '... in good order');
};

done_testing;
