package AliEn::PoD::Limits;

use strict;
use warnings;

use POSIX ();
use Time::HiRes ();

# How much of the memory that is allowed may be used, and what is left free on the disk, in MB.
my $MEMORY_PART = 0.95;
my $LEAST_DISK  = 500;

# A worker that uses less of a core is idle.
my $IDLE_PART = 0.1;

sub new {
    my ($class, %arguments) = @_;
    return bless {
        directory    => $arguments{directory},
        proc         => defined $arguments{proc} ? $arguments{proc} : '/proc',
        least_disk   => defined $arguments{least_disk} ? $arguments{least_disk} : $LEAST_DISK,
        memory_limit => $arguments{memory_limit},
        cgroups      => defined $arguments{cgroups} ? $arguments{cgroups} : '/sys/fs/cgroup',
    }, $class;
}

sub problem {
    my ($self, @pids) = @_;
    my $disk = $self->disk_free;
    if (defined $disk && $disk < $self->{least_disk}) {
        return sprintf '%d MB are free on the disk, %d must be left', $disk, $self->{least_disk};
    }
    my $limit = $self->memory_limit;
    my $memory = $self->usage(@pids)->{memory};
    if (defined $limit && $memory > $limit * $MEMORY_PART) {
        return sprintf '%d MB of memory are used, %d are allowed', $memory, $limit;
    }
    return undef;
}

sub is_busy {
    my ($self, $pid) = @_;
    my ($now, $cpu) = (Time::HiRes::time(), $self->usage($pid)->{cpu});
    my $last = $self->{cpu}{$pid};
    return 1 if $last && $now - $last->{at} < 1 && $last->{busy};
    # A process that ended since takes its part of the sum with it.
    my $busy = $last && $now > $last->{at} ? ($cpu - $last->{cpu}) / ($now - $last->{at}) > $IDLE_PART : 1;
    $self->{cpu}{$pid} = { at => $now, cpu => $cpu, busy => $busy };
    return $busy ? 1 : 0;
}

sub usage {
    my ($self, @pids) = @_;
    my (%process, %children);
    foreach my $file (glob "$self->{proc}/[0-9]*/stat") {
        my $line = _read($file);
        # The name is in parentheses and may hold anything, parentheses too.
        my ($pid, $rest) = defined $line ? $line =~ /^(\d+) \(.*\) (.*)/s : ();
        next if !defined $rest;
        my @fields = split ' ', $rest;
        $process{$pid} = { ticks => $fields[11] + $fields[12] + $fields[13] + $fields[14], pages => $fields[21] };
        push @{ $children{ $fields[1] } }, $pid;
    }
    my ($ticks, $pages, %seen) = (0, 0);
    while (defined(my $pid = shift @pids)) {
        next if $seen{$pid}++ || !$process{$pid};
        $ticks += $process{$pid}{ticks};
        $pages += $process{$pid}{pages};
        push @pids, @{ $children{$pid} || [] };
    }
    return {
        cpu    => $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK()),
        memory => $pages * POSIX::sysconf(POSIX::_SC_PAGESIZE()) / 1048576,
    };
}

sub disk_free {
    my ($self) = @_;
    return undef if !defined $self->{directory} || !-d $self->{directory};
    local ($?, $!);
    my $pid = open my $output, '-|', 'df', '-Pk', $self->{directory} or return undef;
    my @lines = <$output>;
    close $output;
    return @lines && $lines[-1] =~ /\s(\d+)\s+\d+%\s/ ? $1 / 1024 : undef;
}

sub memory_limit {
    my ($self) = @_;
    my @limits = defined $self->{memory_limit} ? $self->{memory_limit} : ();
    open my $file, '<', "$self->{proc}/self/cgroup" or return $limits[0];
    foreach my $line (<$file>) {
        # "0::/path" for version 2, "N:memory:/path" for version 1; each group above limits it as well.
        my ($controllers, $path) = $line =~ m{^\d+:([^:]*):(/\S*)} or next;
        next if $controllers ne '' && !grep { $_ eq 'memory' } split /,/, $controllers;
        my ($root, $name) = $controllers eq '' ? ('', 'memory.max') : ('/memory', 'memory.limit_in_bytes');
        my @parts = split m{/}, $path;
        for (my $count = @parts; $count >= 0; $count--) {
            my $bytes = _read("$self->{cgroups}$root/" . join('/', @parts[0 .. $count - 1]) . "/$name");
            # Version 1 says "no limit" with a number near 2^63.
            push @limits, $bytes / 1048576 if defined $bytes && $bytes =~ /^\d+$/ && $bytes < 2**60;
        }
    }
    @limits = sort { $a <=> $b } @limits;
    return $limits[0];
}

sub _read {
    my ($path) = @_;
    open my $file, '<', $path or return undef;
    my $text = do { local $/; <$file> };
    chomp $text if defined $text;
    return $text;
}

1;

__END__

=encoding utf8

=head1 NAME

AliEn::PoD::Limits - what a JobAgent's workers may use, and what they do use

=head1 SYNOPSIS

    my $limits = AliEn::PoD::Limits->new(directory => $workdir);
    my $problem = $limits->problem(@worker_pids);

=head1 DESCRIPTION

A batch system kills the whole JobAgent when its processes use too much: workers are to be stopped before.

=head1 METHODS

=head2 AliEn::PoD::Limits->new(%arguments)

C<directory>, where the workers run; C<memory_limit>, in MB, if less than the control groups of this process allow;
C<least_disk>, what has to be left free there in MB, 500 by default. C<proc> and C<cgroups> say where F</proc> and
F</sys/fs/cgroup> are.

=head2 $limits->problem(@pids)

One sentence when the disk is nearly full, or when the processes and all that descends from them use more than 95 % of the
memory limit; else undef.

=head2 $limits->is_busy($pid)

Whether the process and all that descends from it used more than a tenth of a core since the last call; true at the first.

=head2 $limits->usage(@pids)

The same as a reference to a hash: C<cpu> in seconds, C<memory> in MB.

=head2 $limits->disk_free

In MB; undef where it can't be told.

=head2 $limits->memory_limit

In MB; undef where there is none.

=cut
