package AliEn::PoD::Worker;

use strict;
use warnings;

use POSIX ();

use AliEn::PoD::Error;

# What a worker gets of our environment: enough to find its programs, and nothing that proves who the agent is.
my $ALLOWED = qr/^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|XDG_CACHE_HOME|ALIEN_POD_\w+
    |ROOTSYS|(?:https?|no)_proxy)$/x;

# From SIGTERM to SIGKILL, in seconds.
my $GRACE = 10;

sub new {
    my ($class, %arguments) = @_;
    return bless {%arguments}, $class;
}

sub command {
    my ($self) = @_;
    my $found = $self->{found};
    if ($found->{protocol} eq 'alien-pod/1') {
        return (@{ $self->{alien_pod} }, 'worker', '--server-info', $found->{server_info_json},
            '--directory', "$self->{directory}/worker");
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
    my $pid = fork;
    if (!defined $pid) {
        AliEn::PoD::Error->throw(71, "can't start a worker: $!");
    }
    if ($pid == 0) {
        $self->_become(\@command, $log);
        POSIX::_exit(71);
    }
    $self->{pid} = $pid;
    return $pid;
}

# In the child: nothing of the agent's may run here but exec, neither its END blocks nor its destructors.
sub _become {
    my ($self, $command, $log) = @_;
    $SIG{$_} = 'DEFAULT' foreach qw(INT TERM HUP ALRM CHLD PIPE USR1 USR2);
    POSIX::setpgid(0, 0);
    delete @ENV{ grep { $_ !~ $ALLOWED } keys %ENV };
    open STDIN,  '<',  '/dev/null' or return;
    open STDOUT, '>>', $log        or return;
    open STDERR, '>&', \*STDOUT    or return;
    chdir $self->{directory}       or return;
    no warnings 'exec';
    exec { $command->[0] } @$command or print STDERR "can't run $command->[0]: $!\n";
    return;
}

sub pid { $_[0]{pid} }

sub ended {
    my ($self) = @_;
    return $self->{ended} if $self->{ended};
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
    my $ended = $self->ended or return 'running';
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
    return if !$self->{pid} || $self->ended;
    kill 'TERM', $self->{pid};
    my $deadline = time + $GRACE;
    while (!$self->ended && time < $deadline) {
        select undef, undef, undef, 0.1;
    }
    if (!$self->ended) {
        kill 'KILL', -$self->{pid};
        kill 'KILL', $self->{pid};
        select undef, undef, undef, 0.1 for 1 .. 20;
        $self->ended;
    }
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
C<pod_worker_command>, that of PoD's worker.

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

SIGTERM, 10 s, SIGKILL.

=cut
