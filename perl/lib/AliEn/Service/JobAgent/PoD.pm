package AliEn::Service::JobAgent::PoD;

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use File::Path ();

use AliEn::PoD;
use AliEn::PoD::Limits;
use AliEn::PoD::Settings;
use AliEn::PoD::Worker;

# How long before its end an agent stops looking and stops its workers: what AliEn keeps for saving output, in seconds.
my $TTL_RESERVE = 300;

# AliEn's central services are asked for a job no more often than this, in seconds.
my $LEAST_REQUEST_PERIOD = 60;

# Seconds between two looks at what the workers use.
my $LIMITS_PERIOD = 10;

# Where this module is; found now, for the current directory may change.
my $HERE = File::Basename::dirname(Cwd::abs_path(__FILE__));

sub checkPoD {
    my ($class, $agent, %options) = @_;
    my ($worked, $error);
    {
        local $@;
        $worked = eval { _check($agent, \%options) };
        $error = $@ if !defined $worked;
    }
    return $worked if defined $worked;

    # An agent's own way out, such as a signal handler that dies, is not ours to keep.
    my $is_ours = do { local $@; ref $error && eval { $error->isa('AliEn::PoD::Error') } };
    die $error if !$is_ours;
    _log($agent, "no PoD: $error");
    return 0;
}

# The alien-pod of the tree that this module is installed in; where it stands elsewhere, the one in PATH.
sub _program {
    for (my $folder = $HERE; $folder ne '/'; $folder = File::Basename::dirname($folder)) {
        return "$folder/bin/alien-pod" if -x "$folder/bin/alien-pod";
    }
    return 'alien-pod';
}

sub _check {
    my ($agent, $options) = @_;
    my $settings = AliEn::PoD::Settings->new($agent->{CONFIG}, $options->{environment} || \%ENV);
    return 0 if $settings->value('enabled') ne 'yes';
    my $self = _begin($agent, $settings, $options);
    return 0 if $self->{most_workers} == 0 || _time_left($agent, $self->{run_time}) < 1;
    _log($agent, "warning: $_") foreach $settings->warnings;

    my ($ended_well, $error);
    {
        local $@;
        $ended_well = eval { _look_and_work($self); 1 };
        $error = $@;
    }
    # A job's process is forked within the request for it: what happens there is none of ours.
    die $error if $$ != $self->{pid};
    _stop_workers($self, !$ended_well ? 'the agent was interrupted' : $self->{why});
    File::Path::rmtree($self->{own_directory}) if defined $self->{own_directory};
    die $error if !$ended_well;
    return $self->{has_job} || $self->{worked} ? 1 : 0;
}

sub _begin {
    my ($agent, $settings, $options) = @_;
    my $self = {
        pid          => $$,
        agent        => $agent,
        settings     => $settings,
        options      => $options,
        directory    => $options->{directory},
        most_workers => $settings->value('max_workers'),
        run_time     => $settings->value('run_time'),
        check_period => $settings->value('check_period'),
        workers      => {},
        worked       => 0,
    };
    if (!defined $self->{directory}) {
        # AliEn leaves the last job's directory here, which is gone.
        my $above = defined $agent->{WORKDIR} ? $agent->{WORKDIR} : '.';
        $above =~ s{/alien-job-\d+/?$}{};
        $self->{directory} = $self->{own_directory} = "$above/alien-pod-$$";
    }
    $self->{limits} = AliEn::PoD::Limits->new(directory => $self->{directory}, %{ $options->{limits} || {} });
    my $period = $options->{request_period} || $LEAST_REQUEST_PERIOD;
    $self->{request_period} = $self->{check_period} > $period ? $self->{check_period} : $period;
    $self->{next_request} = time + $self->{request_period};
    $self->{next_look} = 0;
    return $self;
}

# Until x is over without a session and no worker is left, or until there is a reason to end.
sub _look_and_work {
    my ($self) = @_;
    my $agent = $self->{agent};
    $self->{deadline} = time + _time_left($agent, $self->{run_time});
    while (!defined $self->{why}) {
        my $left = $self->{deadline} - time;
        my ($slot) = grep { !$self->{workers}{$_} } 1 .. $self->{most_workers};
        if ($left >= 1 && defined $slot) {
            _tell_status($self, 'looking', 0) if !%{ $self->{workers} };
            my $watcher = _watcher($self, $slot);
            my $found = $watcher->run(run_time => $left, while_waiting => sub { _tend($self) });
            if ($found) {
                _start($self, $slot, $watcher, $found);
            }
            elsif (!defined $self->{why} && $self->{deadline} - time < 1) {
                _log($agent, 'no master wants workers') if !$agent->{POD_NO_MASTER}++;
            }
        }
        elsif (%{ $self->{workers} }) {
            select undef, undef, undef, 0.2;
            _tend($self);
        }
        else {
            last;
        }
    }
    return;
}

# Each slot has a watcher of its own, kept by the agent, which knows which masters had no room.
sub _watcher {
    my ($self, $slot) = @_;
    my ($agent, $settings) = @$self{qw(agent settings)};
    my $directory = _directory($self, $slot);
    _make_directory($directory) if defined $self->{own_directory} || $slot > 1;
    my $old = $agent->{POD_WATCHERS}{$slot};
    return $old->{watcher} if $old && $old->{directory} eq $directory;
    my $watcher = AliEn::PoD::Watcher->new(
        repository        => [$settings->required('monalisa_url')],
        check_period      => $self->{check_period},
        directory         => $directory,
        master_job_id     => $self->{options}{master_job_id},
        trusted_key       => [$settings->list('trusted_key')],
        trusted_keys_file => $self->{options}{trusted_keys_file},
        revoked           => [$settings->list('revoked')],
        allow_unsigned    => $settings->value('allow_unsigned') eq 'yes' ? 1 : 0,
        log               => sub { _log($agent, $_[0]) },
    );
    $agent->{POD_WATCHERS}{$slot} = { watcher => $watcher, directory => $directory };
    return $watcher;
}

sub _directory {
    my ($self, $slot) = @_;
    return $slot == 1 ? $self->{directory} : "$self->{directory}/$slot";
}

sub _make_directory {
    my ($directory) = @_;
    if (!-d $directory && !mkdir $directory, 0700) {
        my $problem = $!;
        require AliEn::PoD::Error;
        AliEn::PoD::Error->throw(73, "directory $directory: $problem");
    }
    return;
}

sub _start {
    my ($self, $slot, $watcher, $found) = @_;
    my $agent = $self->{agent};
    $agent->{POD_NO_MASTER} = 0;
    my $owner = defined $found->{owner} ? ", of $found->{owner}," : '';
    _log($agent, "master $found->{master_job_id}$owner at $found->{address} wants $found->{wanted} workers");
    my $problem = $self->{limits}->problem(map { $_->{worker}->pid } values %{ $self->{workers} });
    if (defined $problem) {
        $self->{why} = "no worker: $problem";
        _log($agent, $self->{why});
        return;
    }
    my $command = $self->{settings}->value('worker_command');
    my $worker = AliEn::PoD::Worker->new(
        found              => $found,
        directory          => _directory($self, $slot),
        alien_pod          => $self->{options}{alien_pod} || [_program()],
        pod_worker_command => defined $command ? [split ' ', $command] : [],
        ticket_file        => scalar $self->{settings}->value('ticket_file'),
        key_file           => scalar $self->{settings}->value('key_file'),
        time_left          => _life_left($agent),
    );
    # Known before it runs: an exception of the agent's must not leave it behind.
    $self->{workers}{$slot} = { worker => $worker, watcher => $watcher, master => $found->{master_job_id} };
    my $pid = $worker->start;
    _log($agent, "worker $pid started for master $found->{master_job_id}");
    _tell_status($self, 'working', $found->{master_job_id});
    return;
}

# What has to be seen to in between: ended workers, the agent's time, limits, and jobs. True when a run has to end.
sub _tend {
    my ($self) = @_;
    my $agent = $self->{agent};
    foreach my $slot (sort keys %{ $self->{workers} }) {
        _reap($self, $slot) if $self->{workers}{$slot}{worker}->ended;
    }
    if (_time_left($agent, $TTL_RESERVE) < 1) {
        $self->{why} = "the agent's time is over";
    }
    elsif (time >= $self->{next_look}) {
        $self->{next_look} = time + $LIMITS_PERIOD;
        _look_at_limits($self);
    }
    if (!defined $self->{why} && time >= $self->{next_request}) {
        _ask_for_job($self);
        $self->{next_request} = time + $self->{request_period};
    }
    return defined $self->{why} || $self->{deadline} - time < 1;
}

sub _reap {
    my ($self, $slot) = @_;
    my $entry = delete $self->{workers}{$slot} or return;
    my $worker = $entry->{worker};
    $worker->stop;
    return if !$worker->pid;
    my $agent = $self->{agent};
    _log($agent, 'worker ' . $worker->pid . ' ended: ' . $worker->how_it_ended);
    $entry->{watcher}->worker_ended($worker->exit_code);
    if ($worker->exit_code == 0) {
        $self->{worked} = 1;
        $self->{deadline} = time + _time_left($agent, $self->{run_time});
    }
    _tell_status($self, %{ $self->{workers} } ? 'working' : 'looking', 0);
    $self->{why} = 'one worker was asked for' if $self->{options}{once};
    return;
}

sub _look_at_limits {
    my ($self) = @_;
    my @pids = map { $_->{worker}->pid || () } values %{ $self->{workers} };
    my $problem = @pids ? $self->{limits}->problem(@pids) : undef;
    if (defined $problem) {
        $self->{why} = $problem;
        _log($self->{agent}, "workers are stopped: $problem");
    }
    return;
}

# A job that waits comes first: a worker that waits or idles makes room for it. One that computes is not disturbed, for
# its slot would be taken twice.
sub _ask_for_job {
    my ($self) = @_;
    my $agent = $self->{agent};
    return if !$agent->can('requestJob');
    return if defined $agent->{JOBLIMIT} && ($agent->{TOTALJOBS} || 0) >= $agent->{JOBLIMIT};
    my @busy = grep { $self->{limits}->is_busy($_->{worker}->pid) } values %{ $self->{workers} };
    return if @busy;
    if ($agent->{MONITOR} && $agent->{MONITOR}->can('sendBgMonitoring')) {
        $agent->{MONITOR}->sendBgMonitoring;
    }
    # The request's own tries and sleeps would keep us from checking.
    local $ENV{ALIEN_JOBAGENT_RETRY} = 1;
    if ($agent->requestJob) {
        $self->{has_job} = 1;
        $self->{why} = 'a job was matched';
        _log($agent, 'a job was matched: it comes first');
    }
    return;
}

sub _stop_workers {
    my ($self, $why) = @_;
    foreach my $slot (sort keys %{ $self->{workers} }) {
        my $worker = $self->{workers}{$slot}{worker};
        _log($self->{agent}, 'worker ' . $worker->pid . " is stopped: $why") if $worker->pid && !$worker->ended;
        _reap($self, $slot);
    }
    return;
}

# To MonALISA and the agent's log, as the JobAgent tells of itself; only when it has changed.
sub _tell_status {
    my ($self, $status, $master) = @_;
    my $agent = $self->{agent};
    my $text = join ' ', $status, $master, scalar keys %{ $self->{workers} };
    return if !$agent->can('sendJAStatus') || ($self->{status} || '') eq $text;
    $self->{status} = $text;
    local $@;
    my $is_sent = eval {
        $agent->sendJAStatus(undef,
            { pod_status => $status, pod_master => $master, pod_workers => scalar keys %{ $self->{workers} } });
        1;
    };
    _log($agent, "status not sent: $@") if !$is_sent;
    return;
}

# What is left of a span within the agent's life, in whole seconds.
sub _time_left {
    my ($agent, $span) = @_;
    my $life = _life_left($agent);
    return $span if !defined $life;
    return $life - $TTL_RESERVE < $span ? $life - $TTL_RESERVE : $span;
}

# What is left of the agent's life, in seconds; undef where it has no end.
sub _life_left {
    my ($agent) = @_;
    return undef if !$agent->{ORIG_TTL} || !$agent->{JOBAGENTSTARTS};
    return $agent->{ORIG_TTL} - (time - $agent->{JOBAGENTSTARTS});
}

sub _log {
    my ($agent, $text) = @_;
    $agent->info("PoD: $text") if $agent->can('info');
    return;
}

1;

__END__

=encoding utf8

=head1 NAME

AliEn::Service::JobAgent::PoD - the JobAgent's PoD subroutine

=head1 SYNOPSIS

    # Where a JobAgent has found no job and would end, as alien/patches has it:
    my $goOn = eval { require AliEn::Service::JobAgent::PoD; AliEn::Service::JobAgent::PoD->checkPoD($self) };
    $goOn and return 1;

=head1 DESCRIPTION

An idle JobAgent asks MonALISA every I<y> seconds, for I<x> seconds, which PoD masters want workers, and runs a worker
for one of them. Off unless the configuration says C<yes>. A session that a worker had begins another I<x> seconds.

Real jobs come first. In between the agent's own C<requestJob> is called, at most every 60 s and at most every I<y>, with
C<ALIEN_JOBAGENT_RETRY> = 1, so that it does not sleep; not while a worker computes, nor beyond C<JOBLIMIT>. When a job is
matched, the workers are stopped and the agent goes on with the job. Workers are told how much is left of the agent's TTL,
so that they hand over what they hold before it is over; who is left 300 s before is stopped. They are stopped as well when
they come near the limits of memory and disk (L<AliEn::PoD::Limits>).

What happens is told through C<< $agent->info >>, and as C<pod_status>, C<pod_master> and C<pod_workers> through
C<< $agent->sendJAStatus >> to MonALISA. The settings are those of L<AliEn::PoD::Settings>.

=head1 METHODS

=head2 AliEn::Service::JobAgent::PoD->checkPoD($agent, %options)

Returns true when the agent has reason to go on: a job was matched, or a worker had a slot and ended well. A failure is a
line in the agent's log, never an exception; only an exception of the agent's own, from a signal handler, goes through.

Options: C<directory>, where F<server_info.cfg> is written and the worker runs, a directory of its own under
C<< $agent->{WORKDIR} >> by default; C<alien_pod>, the command line of our program as a list, by default the F<bin/alien-pod>
of the tree that this module is installed in, else C<alien-pod> from PATH; C<master_job_id>, the one master to look for;
C<trusted_keys_file>, a file with the keys that are trusted instead of C<podTrustedKey>; C<once>, true to run one worker only;
C<limits>, further arguments of L<AliEn::PoD::Limits>; C<request_period>, at least so many seconds between two requests for a
job; C<environment>, a reference to a hash in which settings are looked for instead of C<%ENV>.

=cut
