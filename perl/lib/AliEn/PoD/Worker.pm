package AliEn::PoD::Worker;

use strict;
use warnings;

use File::Spec;
use POSIX ();

use AliEn::PoD::Error;

# What a worker gets of our environment: enough to find its programs, and nothing that proves who the agent is.
my $ALLOWED = qr/^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|XDG_CACHE_HOME|ALIEN_POD_\w+
    |ROOTSYS|(?:https?|no)_proxy)$/x;

# From SIGTERM to SIGKILL, in seconds.
my $GRACE = 10;

sub new {
    my ($class, %arguments) = @_;
    if (!defined $arguments{directory}) {
        AliEn::PoD::Error->throw(64, 'directory: not set, expected where the worker runs');
    }
    # The worker starts in that directory: a relative name would mean another one there.
    $arguments{directory} = File::Spec->rel2abs($arguments{directory});
    return bless {%arguments}, $class;
}

sub command {
    my ($self) = @_;
    my $found = $self->{found};
    if ($found->{protocol} eq 'alien-pod/1') {
        return (@{ $self->{alien_pod} }, 'worker', '--server-info', $found->{server_info_json},
            '--directory', "$self->{directory}/worker",
            defined $self->{ticket_file} ? ('--ticket-file', $self->{ticket_file}) : (),
            defined $self->{key_file}    ? ('--key-file', $self->{key_file})       : (),
            defined $self->{time_left}   ? ('--ttl', int $self->{time_left})       : ());
    }
    my @command = @{ $self->{pod_worker_command} || [] };
    if (!@command) {
        AliEn::PoD::Error->throw(78,
            "master $found->{master_job_id} is a PoD server, and no podWorkerCommand is set for those");
    }
    return @command;
}

sub start {
    my ($self) = @_;
    my @command = $self->command;
    my $log = "$self->{directory}/worker.log";

    # No handler may run between fork and exec: one that dies would let the child go on as a second agent.
    my ($all, $before) = (POSIX::SigSet->new, POSIX::SigSet->new);
    $all->fillset;
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), $all, $before);
    my $pid = fork;
    my $problem = $!;
    if (defined $pid && $pid == 0) {
        $self->_become(\@command, $log, $before);
        POSIX::_exit(71);
    }
    $self->{pid} = $pid;
    POSIX::setpgid($pid, $pid) if $pid;
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), $before);
    if (!defined $pid) {
        AliEn::PoD::Error->throw(71, "can't start a worker: $problem");
    }
    return $pid;
}

# In the child: nothing of the agent's may run here but exec, neither its END blocks nor its destructors.
sub _become {
    my ($self, $command, $log, $signals) = @_;
    $SIG{$_} = 'DEFAULT' foreach qw(INT TERM HUP QUIT ALRM CHLD PIPE USR1 USR2 __DIE__ __WARN__);
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), $signals);
    POSIX::setpgid(0, 0);
    delete @ENV{ grep { $_ !~ $ALLOWED } keys %ENV };
    # By number: the agent may have closed or tied its own.
    open my $null,   '<',  '/dev/null' or return;
    open my $output, '>>', $log        or return;
    POSIX::dup2(fileno $null, 0);
    POSIX::dup2(fileno $output, $_) foreach 1, 2;
    chdir $self->{directory} or return;
    no warnings 'exec';
    exec { $command->[0] } @$command;
    my $problem = "can't run $command->[0]: $!\n";
    POSIX::write(2, $problem, length $problem);
    return;
}

sub pid { $_[0]{pid} }

sub ended {
    my ($self) = @_;
    return $self->{ended} if $self->{ended} || !$self->{pid};
    local ($?, $!);
    my $pid = waitpid $self->{pid}, POSIX::WNOHANG();
    if ($pid == $self->{pid}) {
        $self->{ended} = $? & 127 ? { signal => $? & 127 } : { exit_code => $? >> 8 };
    }
    elsif ($pid < 0 && !kill 0, $self->{pid}) {
        # Somebody else's waitpid(-1) took it: how it ended is lost.
        $self->{ended} = {};
    }
    return $self->{ended};
}

sub how_it_ended {
    my ($self) = @_;
    my $ended = $self->ended or return $self->{pid} ? 'running' : 'not started';
    return defined $ended->{exit_code} ? "exit code $ended->{exit_code}"
        : defined $ended->{signal}     ? "signal $ended->{signal}"
        :                                'unknown';
}

sub exit_code {
    my ($self) = @_;
    my $ended = $self->ended or return undef;
    return defined $ended->{exit_code} ? $ended->{exit_code} : 75;
}

sub stop {
    my ($self) = @_;
    return if !$self->{pid};
    if ($self->ended) {
        # What it left behind in its group has nobody else to end it.
        kill 'KILL', -$self->{pid};
        return;
    }

    # An impatient second signal must not leave the worker behind.
    local @SIG{qw(INT TERM HUP)} = ('IGNORE') x 3;
    kill 'TERM', -$self->{pid};
    my $deadline = time + $GRACE;
    while (!$self->ended && time < $deadline) {
        select undef, undef, undef, 0.1;
    }
    kill 'KILL', -$self->{pid};
    select undef, undef, undef, 0.1 while !$self->ended && time < $deadline + 2;
    return;
}

1;

__END__

=head1 NAME

AliEn::PoD::Worker - the worker process that a JobAgent runs for a master

=head1 SYNOPSIS

    my $worker = AliEn::PoD::Worker->new(
        found     => $watcher->run,
        directory => $workdir,
        alien_pod => ['alien-pod'],
    );
    $worker->start;
    sleep 1 while !$worker->ended;
    $watcher->worker_ended($worker->exit_code);

=head1 DESCRIPTION

Starts C<alien-pod worker> for a master of ours, or PoD's own worker for a PoD server, in the directory of
F<server_info.cfg>. The worker gets a process group of its own and an environment without the agent's proxy and tokens. It
watches its parent itself, for an agent is killed by SIGKILL.

=head1 METHODS

=head2 AliEn::PoD::Worker->new(%arguments)

C<found>, what a watcher found; C<directory>; C<alien_pod>, the command line of our program as a list;
C<pod_worker_command>, that of PoD's worker; C<time_left>, what is left of the agent's time in seconds, which our worker
ends before, undef without an end; C<ticket_file> and C<key_file>, the names of the files with the site's worker ticket and
its key, for masters that take nobody without.

=head2 $worker->command

The command line, as a list. Dies with code 78 for a PoD server without C<pod_worker_command>.

=head2 $worker->start

Starts it and returns its process id. Its output goes to F<worker.log> in the directory.

=head2 $worker->pid

Its process id.

=head2 $worker->ended

False while it runs; then a reference to a hash with C<exit_code> or C<signal>, or empty where somebody else reaped it.

=head2 $worker->how_it_ended

The same, in words.

=head2 $worker->exit_code

The exit code; 75 (try later) where there is none; undef while it runs.

=head2 $worker->stop

SIGTERM to it and its process group, 10 s, SIGKILL. Signals that would end the agent wait for that. For a worker that
has ended, what it left in its group is killed.

=cut
